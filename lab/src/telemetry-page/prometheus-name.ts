const UNITS: Record<string, string> = { s: 'seconds', By: 'bytes' };

/**
 * Returns the name the collector gives a metric in Prometheus; a histogram's series add `_bucket`, `_count` and `_sum`.
 * https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/
 */
export function prometheusName({
  name,
  unit,
  instrument,
}: {
  name: string;
  unit: string;
  instrument: string;
}) {
  const isCounter = instrument === 'counter' || instrument === 'observable counter';
  const ratio = unit === '1' && instrument === 'gauge' ? 'ratio' : undefined;
  return [name.replaceAll('.', '_'), UNITS[unit] ?? ratio, isCounter ? 'total' : undefined]
    .filter((part) => part !== undefined)
    .join('_');
}
