import { runsNatively } from '../mode.ts';
import { whyNotCompiled } from '../native/backends/compilation.ts';
import type { Settings } from '../settings.ts';
import { backendUrls } from './backend-urls.ts';
import { createJaeger, type Jaeger } from './jaeger.ts';
import { createLoki, type Loki } from './loki.ts';
import { createPrometheus, type Prometheus } from './prometheus.ts';

export type Stores = { jaeger: Jaeger; prometheus: Prometheus; loki: Loki };

/** The shop's stores of traces, metrics and log lines, to be asked. `limitMs` is how long an answer may take, by default 10 s. */
export function storesOf(settings: Settings, limitMs?: number): Stores {
  const urls = backendUrls(settings);
  const whyAway = (name: keyof Stores) => () =>
    runsNatively(settings) ? whyNotCompiled(settings.cache, name)() : undefined;
  return {
    jaeger: createJaeger(urls.jaeger, limitMs, whyAway('jaeger')),
    prometheus: createPrometheus(urls.prometheus, limitMs, whyAway('prometheus')),
    loki: createLoki(urls.loki, limitMs, whyAway('loki')),
  };
}
