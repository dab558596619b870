import { DataqueryBuilder as LokiQuery } from '@grafana/grafana-foundation-sdk/loki';
import {
  DataqueryBuilder as PrometheusQuery,
  PromQueryFormat,
} from '@grafana/grafana-foundation-sdk/prometheus';
import { emptyWhileHealthy as lastLine } from '../empty-while-healthy.ts';

/** The data sources of grafana/provisioning, by the uid that each has there. */
export const sources = {
  prometheus: { type: 'prometheus', uid: 'prometheus' },
  loki: { type: 'loki', uid: 'loki' },
  jaeger: { type: 'jaeger', uid: 'jaeger' },
} as const;

export type Query = PrometheusQuery | LokiQuery;

/** Selects the services of the variable, in a selector of Prometheus or Loki. */
export const chosen = 'service_name=~"$service"';

/** The end of a query that rightly finds nothing while the shop is healthy. */
export const emptyWhileHealthy = `\n${lastLine}`;

/**
 * A graph of PromQL. One point in 15 s is enough for a graph; and it makes `$__rate_interval` a minute or longer, so that
 * rates and percentiles of a shop with little traffic do not jump.
 */
export function graph(expression: string, legend = ''): PrometheusQuery {
  return new PrometheusQuery().expr(expression).range().interval('15s').legendFormat(legend);
}

/** The present value of PromQL, which costs one evaluation instead of one for each point of a graph. */
export function now(expression: string, legend = ''): PrometheusQuery {
  return new PrometheusQuery().expr(expression).instant().legendFormat(legend);
}

/** A table of PromQL's present values. With a second query, a value's column is called `Value #<refId>`. */
export function rows(expression: string, refId = 'A'): PrometheusQuery {
  return now(expression).format(PromQueryFormat.Table).refId(refId);
}

/** The latest log lines of LogQL. */
export function lines(expression: string, limit: number): LokiQuery {
  return new LokiQuery().expr(expression).queryType('range').maxLines(limit);
}

/**
 * PromQL that counts exactly what a counter counted within the time range. A counter begins at 0 with its process, whose
 * instance is a label; `increase` would extrapolate, and so show fractions of an order.
 */
export function counted(counter: string): string {
  return `sum(max_over_time(${counter}[$__range]) - min_over_time(${counter}[$__range]))`;
}

/**
 * PromQL that is 0 while there is no such series, for errors and the like. A query that finds something in every used shop
 * does without, so that one with a wrong name is noticed; an unused shop's 0 is the panel's text for no value.
 */
export function orZero(expression: string): string {
  return `${expression} or vector(0)`;
}

/** PromQL of a percentile of a histogram, by labels with commas between. Without traffic it has no value. */
export function percentile(
  quantile: number,
  histogram: string,
  { by, selector = chosen, window = '$__rate_interval' }: { by: string; selector?: string; window?: string },
): string {
  return `histogram_quantile(${quantile}, sum by (${by}, le) (rate(${histogram}_bucket{${selector}}[${window}])))`;
}

/** LogQL that shows a line with what it says about its request or its error. The data source of Jaeger has it, too. */
export const withFields = [
  '| line_format `{{ .service_name }}: {{ __line__ }}',
  '{{ with .http_request_method }} {{ . }}{{ end }}',
  '{{ with .url_path }} {{ . }}{{ end }}',
  '{{ with .http_response_status_code }} {{ . }}{{ end }}',
  '{{ with .duration_ms }} in {{ . }} ms{{ end }}',
  '{{ with .db_query_text }}: {{ . }}{{ end }}',
  '{{ with .exception_message }}: {{ . }}{{ end }}`',
].join('');
