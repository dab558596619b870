import { AggregationType, type IAttributesProcessor, type ViewOptions } from '@opentelemetry/sdk-metrics';
import { metrics } from '../registry/kit';
import { ABORTED } from './spans';

const { serverRequestDuration, clientRequestDuration } = metrics;

/** An answer without a status was abandoned; the instrumentation says nothing of it in the metric. */
const tellAborted: IAttributesProcessor = {
  process: (attributes) =>
    'http.response.status_code' in attributes ? attributes : { ...attributes, 'error.type': ABORTED },
};

/** How the metrics of the instrumentations differ from what they would be: buckets, and meanings that agree. */
export const metricViews: ViewOptions[] = [
  { ...viewOf(serverRequestDuration), attributesProcessors: [tellAborted] },
  // Two instrumentations make it, and describe it differently: Prometheus would take one of them only.
  viewOf(clientRequestDuration),
];

function viewOf({
  name,
  meaning,
  boundaries,
}: {
  name: string;
  meaning: string;
  boundaries: readonly number[];
}): ViewOptions {
  return {
    instrumentName: name,
    description: meaning,
    aggregation: {
      type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
      options: { boundaries: [...boundaries] },
    },
  };
}
