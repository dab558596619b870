import { board } from '../board.ts';
import { states, statusColours } from '../colours.ts';
import { link, placeholder, tracesOf } from '../links.ts';
import { lights, logs, stat, table, timeSeries } from '../panels.ts';
import { chosen, graph, now, orZero, percentile, rows, withFields } from '../queries.ts';
import { requests } from '../requests.ts';

const byRoute = 'http_request_method, http_route';
const route = '{{http_request_method}} {{http_route}}';
const count = `http_server_request_duration_seconds_count{${chosen}`;
const server = `span_kind="SPAN_KIND_SERVER", ${chosen}`;
const spans = 'traces_span_metrics_duration_seconds';

export const service = board({
  uid: 'service',
  title: 'Service',
  description: 'One service: its requests by route, what they wait for, its process, its log lines.',
  services: 'one',
  refresh: '30s',
  links: [link('Traces', tracesOf(placeholder('service')))],
  panels: [
    lights({
      title: 'State',
      description: 'Up: it has sent telemetry within the last 20 seconds. Gone: it should have.',
      width: 4,
      height: 4,
      queries: [now(`service:up{${chosen}}`, '{{service_name}}')],
      away: 'Gone',
    }),
    stat({
      title: 'Requests a second',
      description: 'Over the last minute.',
      width: 4,
      height: 4,
      queries: [graph(`service:http_server_requests:rate1m{${chosen}}`)],
      unit: 'reqps',
      decimals: 1,
      sparkline: true,
    }),
    stat({
      title: 'Error share',
      description: 'Share of the requests over the last minute that ended with 5xx.',
      width: 4,
      height: 4,
      queries: [now(`service:http_server_errors:ratio_rate1m{${chosen}}`)],
      unit: 'percentunit',
      decimals: 1,
      tint: [
        { value: null, color: states.good },
        { value: 0.05, color: states.bad },
      ],
    }),
    stat({
      title: '95th percentile',
      description: 'Of the durations of requests over the last minute.',
      width: 4,
      height: 4,
      queries: [now(`service:http_server_request_duration_seconds:p95_rate1m{${chosen}} >= 0`)],
      unit: 's',
      tint: [
        { value: null, color: states.good },
        { value: 0.5, color: states.bad },
      ],
    }).noValue('No traffic'),
    stat({
      title: 'Processor',
      description: 'How much of one processor core the process uses.',
      width: 4,
      height: 4,
      queries: [now(`sum(rate(process_cpu_time_seconds_total{${chosen}}[1m]))`)],
      unit: 'percentunit',
      decimals: 0,
    }),
    stat({
      title: 'Memory',
      description: 'Physical memory of the process.',
      width: 4,
      height: 4,
      queries: [now(`sum(process_memory_usage_bytes{${chosen}})`)],
      unit: 'bytes',
      decimals: 0,
    }),

    timeSeries({
      title: 'Requests by route',
      description: 'Method and pattern of the route; "/*" is what matched none.',
      width: 8,
      height: 9,
      queries: [graph(`sum by (${byRoute}) (rate(${count}}[$__rate_interval]))`, route)],
      unit: 'reqps',
    }),
    timeSeries({
      title: 'Errors by route',
      description: 'Share of the requests to each route that end with 5xx.',
      width: 8,
      height: 9,
      queries: [
        graph(
          `sum by (${byRoute}) (rate(${count}, http_response_status_code=~"5.."}[$__rate_interval])) / (sum by (${byRoute}) (rate(${count}}[$__rate_interval])) > 0) or sum by (${byRoute}) (rate(${count}}[$__rate_interval])) * 0`,
          route,
        ),
      ],
      unit: 'percentunit',
      softMax: 0.2,
    }),
    timeSeries({
      title: '95th percentile by route',
      description: 'Of the durations of requests.',
      width: 8,
      height: 9,
      queries: [graph(percentile(0.95, 'http_server_request_duration_seconds', { by: byRoute }), route)],
      unit: 's',
      softMax: 0.6,
    }),

    timeSeries({
      title: 'Durations, with exemplars',
      description:
        'Median, 95th and 99th percentile. Each dot is one request: a click on it opens its trace.',
      width: 12,
      height: 8,
      queries: [
        graph(percentile(0.5, spans, { by: 'service_name', selector: server }), 'p50'),
        graph(percentile(0.95, spans, { by: 'service_name', selector: server }), 'p95'),
        graph(percentile(0.99, spans, { by: 'service_name', selector: server }), 'p99').exemplar(true),
      ],
      unit: 's',
      softMax: 0.6,
      colours: { p50: 'green', p95: 'blue', p99: 'purple' },
    }),
    timeSeries({
      title: 'Answers by status',
      description:
        'Requests a second. An answer that the client did not wait for has no status, and is left out.',
      width: 12,
      height: 8,
      queries: Object.keys(statusColours).map((status) =>
        graph(
          orZero(`sum(rate(${count}, http_response_status_code=~"${status[0]}.."}[$__rate_interval]))`),
          status,
        ),
      ),
      unit: 'reqps',
      colours: statusColours,
      stacked: true,
    }),

    timeSeries({
      title: 'Calls to other services',
      description: '95th percentile of their durations, as this service sees them.',
      width: 8,
      height: 8,
      queries: [
        graph(
          percentile(0.95, spans, {
            by: 'peer_service',
            selector: `span_kind="SPAN_KIND_CLIENT", peer_service!="", ${chosen}`,
          }),
          '{{peer_service}}',
        ),
      ],
      unit: 's',
      softMax: 0.6,
    }).noValue('No call'),
    timeSeries({
      title: 'Database connections',
      description: 'Of the pool: in use, idle, and the limit; and the requests that wait for one.',
      width: 8,
      height: 8,
      queries: [
        graph(
          `sum by (db_client_connection_state) (db_client_connection_count{${chosen}})`,
          '{{db_client_connection_state}}',
        ),
        graph(`sum(db_client_connection_max{${chosen}})`, 'limit'),
        graph(`sum(db_client_connection_pending_requests{${chosen}})`, 'waiting'),
      ],
      colours: { used: 'blue', idle: 'green', limit: 'purple', waiting: 'red' },
    }),
    timeSeries({
      title: 'Waits and statements',
      description: '95th percentile of the wait for a connection, and of the duration of a statement.',
      width: 8,
      height: 8,
      queries: [
        graph(percentile(0.95, 'db_client_connection_wait_time_seconds', { by: 'service_name' }), 'wait'),
        graph(percentile(0.95, 'db_client_operation_duration_seconds', { by: 'service_name' }), 'statement'),
      ],
      unit: 's',
      softMax: 0.1,
      colours: { wait: 'orange', statement: 'blue' },
    }),

    timeSeries({
      title: 'Event loop utilization',
      description: 'How much of its time the process is busy. Near 100 % its requests wait for each other.',
      width: 8,
      height: 8,
      queries: [graph(`max(nodejs_eventloop_utilization_ratio{${chosen}})`, 'busy')],
      unit: 'percentunit',
      softMax: 1,
    }),
    timeSeries({
      title: 'Pauses',
      description:
        'The delay of the event loop, which includes 100 ms between samples, and the time spent on garbage collection a second.',
      width: 8,
      height: 8,
      queries: [
        graph(`max(nodejs_eventloop_delay_p99_seconds{${chosen}})`, 'delay, 99th percentile'),
        graph(`sum(rate(v8js_gc_duration_seconds_sum{${chosen}}[$__rate_interval]))`, 'garbage collection'),
      ],
      unit: 's',
      softMax: 0.2,
      colours: { 'delay, 99th percentile': 'blue', 'garbage collection': 'orange' },
    }),
    timeSeries({
      title: 'Memory over time',
      description: 'Physical memory of the process, and the heap that JavaScript uses.',
      width: 8,
      height: 8,
      queries: [
        graph(`sum(process_memory_usage_bytes{${chosen}})`, 'process'),
        graph(`sum(v8js_memory_heap_used_bytes{${chosen}})`, 'heap'),
      ],
      unit: 'bytes',
      colours: { process: 'blue', heap: 'green' },
    }),

    table({
      title: 'Slowest operations',
      description: 'The ten kinds of span with the highest 95th percentile within the time range.',
      width: 12,
      height: 10,
      queries: [
        rows(`topk(10, ${percentile(0.95, spans, { by: 'span_name, span_kind', window: '$__range' })} >= 0)`),
      ],
      transformations: [{ id: 'sortBy', options: { sort: [{ field: 'Value', desc: true }] } }],
      columns: [
        { field: 'span_name', title: 'Span' },
        { field: 'span_kind', title: 'Kind', width: 160 },
        { field: 'Value', title: '95th percentile', width: 120, unit: 's' },
      ],
    }),
    requests({
      title: 'Latest requests',
      description: 'A click on "open" shows the trace.',
      width: 12,
      height: 10,
      filter: 'http_response_status_code > 0',
      columns: ['time', 'method', 'path', 'status', 'duration', 'trace'],
    }),
    logs({
      title: 'Logs',
      description: 'A click on a line shows its fields, and the way to its trace.',
      width: 24,
      height: 12,
      query: `{service_namespace="vitrine", ${chosen}} ${withFields}`,
    }),
  ],
});
