import type { Site } from './start-stack.ts';

export type Value = string | number | readonly Value[] | { [name: string]: Value };

/** A value as OTLP's JSON has it. */
export function otlp(value: Value): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'number') return { intValue: String(value) };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(otlp) } };
  return { kvlistValue: { values: attributes(value) } };
}

export function attributes(values: object): object[] {
  return Object.entries(values).map(([name, value]) => ({ key: name, value: otlp(value) }));
}

/** Posts a payload of OTLP's JSON to the collector of a shop. */
export function post({ ports }: Pick<Site, 'ports'>, signal: string, payload: object): Promise<Response> {
  return fetch(`http://127.0.0.1:${ports['otel-collector-http']}/v1/${signal}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(payload),
  });
}
