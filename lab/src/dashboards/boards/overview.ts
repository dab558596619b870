import { board } from '../board.ts';
import { states } from '../colours.ts';
import { explore, link, ownService, serviceDashboard, tracesOf } from '../links.ts';
import { lights, logs, stat, timeSeries } from '../panels.ts';
import {
  chosen,
  counted,
  emptyWhileHealthy,
  graph,
  now,
  orZero,
  percentile,
  sources,
  withFields,
} from '../queries.ts';
import { requests } from '../requests.ts';
import { alerts, databases, telemetryParts } from '../state.ts';

const servicePage = link('Dashboard of the service', serviceDashboard);
/** How many times too fast the error budget was used up in the last `window`. */
const burned = (window: string) => `objective:errors:ratio_rate${window} / (1 - objective:target:ratio)`;

export const overview = board({
  uid: 'overview',
  title: 'Overview',
  description:
    'The shop at a glance: is everything up, how much is asked of it, does it fail, is it slow, and why.',
  services: 'several',
  refresh: '30s',
  links: [link('Traces', tracesOf('frontend'))],
  panels: [
    lights({
      title: 'Services',
      description:
        'Up: it has sent telemetry within the last 20 seconds. Gone: it should have. A service that was asked to end is left out.',
      width: 8,
      height: 4,
      queries: [now(`service:up{${chosen}}`, '{{service_name}}')],
      away: 'Gone',
      links: [servicePage],
    }),
    databases({ width: 8, height: 4 }),
    telemetryParts({ width: 8, height: 4 }),

    stat({
      title: 'Firing alerts',
      description: 'All alerts: of every service, and of the telemetry pipeline.',
      width: 4,
      height: 4,
      queries: [now(orZero('count(ALERTS{alertstate="firing"})'))],
      tint: [
        { value: null, color: states.good },
        { value: 1, color: states.bad },
      ],
      links: [link('Alert rules', '/alerting/list?search=datasource:Prometheus')],
    }),
    stat({
      title: 'Pages a second',
      description: 'What visitors ask of the frontend.',
      width: 5,
      height: 4,
      queries: [graph('service:http_server_requests:rate1m{service_name="frontend"}')],
      unit: 'reqps',
      decimals: 1,
      sparkline: true,
    }),
    stat({
      title: 'Orders completed',
      description: 'Within the time range, as far as Prometheus has seen it.',
      width: 5,
      height: 4,
      queries: [now(counted('orders_checkout_completed_total'))],
      decimals: 0,
    }),
    stat({
      title: 'Error budget left, 6 hours',
      description:
        'Of the requests that may miss an objective, the share that has not. Availability: 99.5 % of the pages without a 5xx. Latency: 95 % within 300 ms. Below zero, the objective is missed.',
      width: 10,
      height: 4,
      queries: [now(`1 - ${burned('6h')}`, '{{objective}}')],
      unit: 'percentunit',
      decimals: 1,
      tint: [
        { value: null, color: states.bad },
        { value: 0, color: states.doubtful },
        { value: 0.5, color: states.good },
      ],
    }),

    alerts({ width: 14, height: 6 }),
    timeSeries({
      title: 'Burn rate of the budget',
      description:
        'How many times too fast the error budget is used up, in the last hour and still in the last five minutes: the smaller of the two. At 1 it lasts as long as it should. Above the line for two minutes: ErrorBudgetBurn.',
      width: 10,
      height: 6,
      queries: [graph(`${burned('1h')} < ${burned('5m')} or ${burned('5m')}`, '{{objective}}')],
      limit: 14.4,
      softMax: 16,
    }),

    timeSeries({
      title: 'Requests',
      description: 'By service, over the last minute.',
      width: 8,
      height: 8,
      queries: [graph(`service:http_server_requests:rate1m{${chosen}}`, '{{service_name}}')],
      unit: 'reqps',
      links: [servicePage],
    }),
    timeSeries({
      title: 'Error share',
      description:
        'Share of the requests that end with 5xx. Above the line for a minute, at ten requests a minute or more: HighErrorRate.',
      width: 8,
      height: 8,
      queries: [graph(`service:http_server_errors:ratio_rate1m{${chosen}}`, '{{service_name}}')],
      unit: 'percentunit',
      limit: 0.05,
      softMax: 0.2,
      links: [
        link(
          'Log lines of failed requests',
          explore(sources.loki, {
            expr: `{service_namespace="vitrine", service_name="${ownService}"} | http_response_status_code >= 500`,
          }),
        ),
        servicePage,
      ],
    }),
    timeSeries({
      title: 'Refusals (4xx)',
      description:
        'Share of the requests that end with 4xx: the client asked for what it cannot have. A rise may be an attack, or a new page that links a wrong one.',
      width: 8,
      height: 8,
      queries: [
        graph(
          `sum by (service_name) (rate(http_server_request_duration_seconds_count{${chosen}, http_response_status_code=~"4.."}[1m])) / (service:http_server_requests:rate1m > 0) or service:http_server_requests:rate1m{${chosen}} * 0`,
          '{{service_name}}',
        ),
      ],
      unit: 'percentunit',
      softMax: 0.2,
      links: [servicePage],
    }),

    timeSeries({
      title: 'Median duration',
      description: 'Half of the requests are faster.',
      width: 8,
      height: 8,
      queries: [
        graph(
          percentile(0.5, 'http_server_request_duration_seconds', { by: 'service_name' }),
          '{{service_name}}',
        ),
      ],
      unit: 's',
      softMax: 0.1,
    }),
    timeSeries({
      title: '95th percentile of durations',
      description:
        'Above the line for a minute, at ten requests a minute or more: HighLatency. An estimate between the limits of the histogram.',
      width: 8,
      height: 8,
      queries: [
        graph(`service:http_server_request_duration_seconds:p95_rate1m{${chosen}}`, '{{service_name}}'),
      ],
      unit: 's',
      limit: 0.5,
      softMax: 0.6,
      links: [link('Traces with slow requests', tracesOf(ownService, '500ms')), servicePage],
    }),
    timeSeries({
      title: '99th percentile, with exemplars',
      description: 'Each dot is one request: a click on it opens its trace.',
      width: 8,
      height: 8,
      queries: [
        graph(
          percentile(0.99, 'traces_span_metrics_duration_seconds', {
            by: 'service_name',
            selector: `span_kind="SPAN_KIND_SERVER", ${chosen}`,
          }),
          '{{service_name}}',
        ).exemplar(true),
      ],
      unit: 's',
      softMax: 0.6,
    }),

    requests({
      title: 'Latest failures',
      description: 'Requests that ended with 5xx. A click on "open" shows the trace.',
      width: 12,
      height: 9,
      filter: `http_response_status_code >= 500${emptyWhileHealthy}`,
      columns: ['time', 'service', 'method', 'path', 'status', 'trace'],
      empty: 'No failed request',
    }),
    requests({
      title: 'Latest requests',
      description: 'Of all the chosen services. A click on "open" shows the trace.',
      width: 12,
      height: 9,
      filter: 'http_response_status_code > 0',
      columns: ['time', 'method', 'path', 'status', 'duration', 'trace'],
    }),
    logs({
      title: 'Warnings and errors',
      description: 'The other log lines are below.',
      width: 24,
      height: 8,
      query: `{service_namespace="vitrine", ${chosen}} | severity_number >= 13 ${withFields}${emptyWhileHealthy}`,
      empty: 'No warning, no error',
    }),
    logs({
      title: 'Live logs',
      description: 'A click on a line shows its fields, and the way to its trace.',
      width: 24,
      height: 12,
      query: `{service_namespace="vitrine", ${chosen}} ${withFields}`,
    }),
  ],
});
