import type { Settings } from '../settings.ts';
import { backendUrls } from './backend-urls.ts';
import { createJaeger, type Jaeger } from './jaeger.ts';
import { createLoki, type Loki } from './loki.ts';
import { createPrometheus, type Prometheus } from './prometheus.ts';

export type Stores = { jaeger: Jaeger; prometheus: Prometheus; loki: Loki };

/** The shop's stores of traces, metrics and log lines, to be asked. `limitMs` is how long an answer may take, by default 10 s. */
export function storesOf(settings: Settings, limitMs?: number): Stores {
  const urls = backendUrls(settings);
  return {
    jaeger: createJaeger(urls.jaeger, limitMs),
    prometheus: createPrometheus(urls.prometheus, limitMs),
    loki: createLoki(urls.loki, limitMs),
  };
}
