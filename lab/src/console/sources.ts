import type { Jaeger } from '../query/jaeger.ts';
import type { Loki } from '../query/loki.ts';
import type { Prometheus } from '../query/prometheus.ts';

/** Where the console's pages get their data. */
export type Sources = {
  jaeger: Jaeger;
  prometheus: Prometheus;
  loki: Loki;
  /** Addresses for the browser. */
  jaegerUrl: string;
  shopUrl: string;
};
