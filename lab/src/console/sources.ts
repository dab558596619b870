import type { Jaeger } from '../query/jaeger.ts';
import type { Loki } from '../query/loki.ts';
import type { Prometheus } from '../query/prometheus.ts';

/** The backends that the console's pages read. */
export type Sources = {
  jaeger: Jaeger;
  prometheus: Prometheus;
  loki: Loki;
  /** The addresses of Jaeger and the shop for links. */
  jaegerUrl: string;
  shopUrl: string;
};
