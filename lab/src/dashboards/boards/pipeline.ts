import { board } from '../board.ts';
import { states } from '../colours.ts';
import { stat, timeSeries } from '../panels.ts';
import { graph, now, orZero } from '../queries.ts';
import { telemetryParts } from '../state.ts';

const signals = { spans: 'spans', 'log records': 'log_records', 'metric points': 'metric_points' };
const signalColours = { spans: 'blue', 'log records': 'green', 'metric points': 'purple' };
const collector = 'job="otel-collector"';
const jobColours = { 'otel-collector': 'blue', jaeger: 'green', loki: 'orange', prometheus: 'purple' };
const lostByServices = '{__name__=~"otel_sdk_processor_(?:span|log)_processed_total", error_type!=""}';
const memory =
  '{__name__=~"process_resident_memory_bytes|otelcol_process_memory_rss_bytes", job!="services"}';
const cpu =
  'rate({__name__=~"process_cpu_seconds_total|otelcol_process_cpu_seconds_total", job!="services"}[$__rate_interval])';

/** One line for each signal that a receiver of the collector counts. */
function bySignal(counter: string) {
  return Object.entries(signals).map(([name, suffix]) =>
    graph(`sum(rate(otelcol_receiver_${counter}_${suffix}_total{${collector}}[$__rate_interval]))`, name),
  );
}

export const pipeline = board({
  uid: 'pipeline',
  title: 'Pipeline',
  description: 'The way of telemetry: what arrives, what is refused or lost, what waits, and what it costs.',
  services: 'none',
  refresh: '10s',
  panels: [
    telemetryParts({ width: 8, height: 4 }),
    stat({
      title: 'Not delivered',
      description:
        'Receivers that refuse telemetry now, or to which nothing gets through. More than none: TelemetryLost.',
      width: 4,
      height: 4,
      queries: [now(orZero('count(delivery:failing)'))],
      tint: [
        { value: null, color: states.good },
        { value: 1, color: states.bad },
      ],
    }),
    stat({
      title: 'Lost',
      description:
        'Spans, log records and metric points within the time range that the collector or a service gave up.',
      width: 4,
      height: 4,
      queries: [
        now(
          `sum(increase(exporter:lost_items[$__range])) + (${orZero(`sum(increase(${lostByServices}[$__range]))`)})`,
        ),
      ],
      decimals: 0,
      tint: [
        { value: null, color: states.good },
        { value: 1, color: states.bad },
      ],
    }),
    stat({
      title: 'Fullest queue',
      description: 'How much of it is used. A full queue drops what comes.',
      width: 4,
      height: 4,
      queries: [now('max(otelcol_exporter_queue_size / otelcol_exporter_queue_capacity)')],
      unit: 'percentunit',
      decimals: 0,
      tint: [
        { value: null, color: states.good },
        { value: 0.5, color: states.doubtful },
        { value: 0.9, color: states.bad },
      ],
    }),
    stat({
      title: 'Failed rules',
      description: 'Evaluations of rules within the time range that failed: alerts may be missing.',
      width: 4,
      height: 4,
      queries: [now('sum(increase(prometheus_rule_evaluation_failures_total[$__range]))')],
      decimals: 0,
      tint: [
        { value: null, color: states.good },
        { value: 1, color: states.bad },
      ],
    }),

    timeSeries({
      title: 'Accepted',
      description: 'Items a second that the collector takes from the services.',
      width: 8,
      height: 8,
      queries: bySignal('accepted'),
      unit: 'cps',
      colours: signalColours,
    }),
    timeSeries({
      title: 'Refused',
      description:
        'Items a second that the collector sends back, because its memory is full, say. Services try again.',
      width: 8,
      height: 8,
      queries: bySignal('refused'),
      unit: 'cps',
      softMax: 1,
      colours: signalColours,
    }),
    timeSeries({
      title: 'Delivered',
      description:
        'Items a second that each exporter of the collector has got rid of, and what Jaeger has stored.',
      width: 8,
      height: 8,
      queries: [graph('rate(exporter:sent_items[$__rate_interval])', '{{exporter}}')],
      unit: 'cps',
    }),

    timeSeries({
      title: 'Lost by the collector',
      description:
        'Items a second that an exporter gave up, after five minutes of trying or because its queue was full, or that Jaeger could not store.',
      width: 8,
      height: 8,
      queries: [graph('rate(exporter:lost_items[$__rate_interval])', '{{exporter}}')],
      unit: 'cps',
      softMax: 1,
    }),
    timeSeries({
      title: 'Queues',
      description: 'Items that wait for a backend. A queue is full at 40,000 log lines or 60,000 spans.',
      width: 8,
      height: 8,
      queries: [graph('sum by (exporter) (otelcol_exporter_queue_size)', '{{exporter}}')],
      softMax: 1000,
    }),
    timeSeries({
      title: 'Lag',
      description: 'How long what waits in a queue will take, at the pace of the last five minutes.',
      width: 8,
      height: 8,
      queries: [
        graph(
          'sum by (exporter) (otelcol_exporter_queue_size) / clamp_min(sum by (exporter) (rate(exporter:sent_items[5m])), 1)',
          '{{exporter}}',
        ),
      ],
      unit: 's',
      softMax: 5,
    }),

    timeSeries({
      title: 'Lost by services',
      description:
        'Spans and log records a second that a service gave up, because the collector was away or its queue was full.',
      width: 8,
      height: 8,
      queries: [
        graph(
          `sum by (service_name) (rate(${lostByServices}[$__rate_interval])) or sum by (service_name) (otel_sdk_processor_span_queue_size) * 0`,
          '{{service_name}}',
        ),
      ],
      unit: 'cps',
      softMax: 1,
    }),
    timeSeries({
      title: 'Queues of the services',
      description: 'Spans and log records that wait for the collector, as a share of the room for them.',
      width: 8,
      height: 8,
      queries: [
        graph(
          'max by (service_name) (otel_sdk_processor_span_queue_size / otel_sdk_processor_span_queue_capacity or otel_sdk_processor_log_queue_size / otel_sdk_processor_log_queue_capacity)',
          '{{service_name}}',
        ),
      ],
      unit: 'percentunit',
      softMax: 0.2,
    }),
    timeSeries({
      title: 'Memory of the collector',
      description:
        'Physical memory. At the line its heap is at its limit, and it begins to refuse what services send.',
      width: 8,
      height: 8,
      queries: [graph(`otelcol_process_memory_rss_bytes{${collector}}`, 'otel-collector')],
      unit: 'bytes',
      limit: 300 * 1024 * 1024,
      softMax: 320 * 1024 * 1024,
      colours: jobColours,
    }),

    timeSeries({
      title: 'Memory of all parts',
      description: 'Physical memory.',
      width: 8,
      height: 8,
      queries: [graph(`sum by (job) (${memory})`, '{{job}}')],
      unit: 'bytes',
      colours: jobColours,
    }),
    timeSeries({
      title: 'Processor',
      description: 'How much of one processor core each part uses.',
      width: 8,
      height: 8,
      queries: [graph(`sum by (job) (${cpu})`, '{{job}}')],
      unit: 'percentunit',
      softMax: 0.2,
      colours: jobColours,
    }),
    timeSeries({
      title: 'Series and streams',
      description:
        'Series in the memory of Prometheus, and log streams in that of Loki. A rise that does not end means a label with too many values.',
      width: 8,
      height: 8,
      queries: [
        graph('prometheus_tsdb_head_series', 'series'),
        graph('sum(loki_ingester_memory_streams)', 'streams'),
      ],
      colours: { series: 'purple', streams: 'orange' },
    }),
  ],
});
