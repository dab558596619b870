import type { Settings } from '../settings.ts';
import { backendUrls } from './backend-urls.ts';
import { createJaeger, type Jaeger } from './jaeger.ts';
import { createLoki, type Loki } from './loki.ts';
import { createPrometheus, type Prometheus } from './prometheus.ts';

export type Stores = { jaeger: Jaeger; prometheus: Prometheus; loki: Loki };

/** The shop's stores of traces, metrics and log lines, to be asked. */
export function storesOf(settings: Settings): Stores {
  const urls = backendUrls(settings);
  return {
    jaeger: createJaeger(urls.jaeger),
    prometheus: createPrometheus(urls.prometheus),
    loki: createLoki(urls.loki),
  };
}
