import { isDeepStrictEqual } from 'node:util';
import { fillIn, type Panel } from '../grafana-files.ts';
import type { Backends } from './backends.ts';

/** The calls between services that customers cause. */
const calls = [
  ...['frontend → order-service', 'frontend → product-service', 'frontend → user-service'],
  ...['order-service → product-service', 'order-service → user-service'],
];
/** Another test in the same shop may have changed the catalogue. */
const callsOfAdministrators = ['product-service → user-service'];

export const services = ['frontend', 'order-service', 'product-service', 'user-service'];

/** Says what is missing on a panel; undefined when it shows something for every service that it names. */
export async function whatPanelLacks(
  panel: Panel,
  target: Panel['targets'][number],
  backends: Backends,
): Promise<string | undefined> {
  const { expr = '', service = '' } = target;
  const query = fillIn(expr, { service: '.+', __range: '15m' });
  if (panel.datasource.uid === 'prometheus') {
    const samples = (await backends.prometheus.query(query)).filter(({ value }) => Number.isFinite(value));
    const shown = samples.map(({ labels }) => labels.service_name).filter((name) => name !== undefined);
    const wanted = query.includes('.+') ? services : [];
    if (samples.length === 0) return 'no value';
    if (panel.type === 'nodeGraph') {
      const edges = samples.map(({ labels }) => `${labels.source} → ${labels.target}`).toSorted();
      const ours = edges.filter((edge) => !callsOfAdministrators.includes(edge));
      return isDeepStrictEqual(ours, calls) ? undefined : `calls other than ours: ${edges.join(', ')}`;
    }
    return wanted.every((name) => shown.includes(name)) ? undefined : `only ${shown.join(', ')}`;
  }
  if (panel.datasource.uid === 'loki') {
    const lines = await backends.loki.queryRange(query, { ...lately(), limit: 50, direction: 'backward' });
    const request = /^frontend: request GET \/\S* 200 in [\d.]+ ms$/;
    return lines.some(({ body }) => request.test(body)) ? undefined : 'no request of the frontend';
  }
  const traces = await backends.jaeger.findTraces({ service, ...lately(), limit: 20 });
  return traces.length > 0 ? undefined : 'no traces';
}

/** The last quarter of an hour, which dashboards show at first. */
export function lately(): { startMs: number; endMs: number } {
  return { startMs: Date.now() - 900_000, endMs: Date.now() + 1000 };
}
