import { AggregationType, type IAttributesProcessor, type ViewOptions } from '@opentelemetry/sdk-metrics';
import { UNMATCHED } from '../http-route';
import type { MetricDeclaration } from '../registry/declaration';
import { metrics } from '../registry/kit';
import { ABORTED } from './spans';

const { serverRequestDuration, clientRequestDuration } = metrics;

/** The instrumentation says nothing of an answer that was abandoned, and no route of one that failed while written. */
const completeAttributes: IAttributesProcessor = {
  process(attributes) {
    if ('http.response.status_code' in attributes) return attributes;
    return { 'http.route': UNMATCHED, 'error.type': ABORTED, ...attributes };
  },
};

/** Sets buckets and descriptions of the instrumentations' metrics. */
export const metricViews: ViewOptions[] = [
  { ...viewOf(serverRequestDuration), attributesProcessors: [completeAttributes] },
  // Two instrumentations make it, and describe it differently: Prometheus would take one of them only.
  viewOf(clientRequestDuration),
];

function viewOf({ name, meaning, boundaries = [] }: MetricDeclaration): ViewOptions {
  return {
    instrumentName: name,
    description: meaning,
    aggregation: {
      type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
      options: { boundaries: [...boundaries] },
    },
  };
}
