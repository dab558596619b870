import { createJaeger } from '../../src/query/jaeger.ts';
import { createLoki } from '../../src/query/loki.ts';
import { createPrometheus } from '../../src/query/prometheus.ts';
import type { Site } from './start-stack.ts';

/** A busy machine takes longer over all that there is than a person should wait. */
const limitMs = 60_000;

/** The three backends of a shop, to query its telemetry. */
export function backendsOf({ ports }: Pick<Site, 'ports'>) {
  const urlOf = (part: 'jaeger' | 'prometheus' | 'loki') => `http://127.0.0.1:${ports[part]}`;
  return {
    jaeger: createJaeger(urlOf('jaeger'), limitMs),
    prometheus: createPrometheus(urlOf('prometheus'), limitMs),
    loki: createLoki(urlOf('loki'), limitMs),
    urls: { JAEGER_URL: urlOf('jaeger'), PROMETHEUS_URL: urlOf('prometheus'), LOKI_URL: urlOf('loki') },
  };
}

export type Backends = ReturnType<typeof backendsOf>;
