import { isDeepStrictEqual } from 'node:util';
import { mayBeEmpty } from '../../src/empty-while-healthy.ts';
import { asOpened, type Dashboard, type Panel } from '../grafana-files.ts';
import type { Backends } from './backends.ts';

/** The calls between services and to databases that customers cause. */
const calls = [
  ...['frontend → order-service', 'frontend → product-service', 'frontend → session_dbase'],
  ...['frontend → user-service', 'order-service → order_dbase', 'order-service → product-service'],
  ...['order-service → user-service', 'product-service → product_dbase', 'user-service → user_dbase'],
];
/** Another test in the same shop may have changed the catalogue. */
const callsOfAdministrators = ['product-service → user-service'];

export const services = ['frontend', 'order-service', 'product-service', 'user-service'];

/** Says what is missing on a panel; undefined when every query of it finds something for each service that it names. */
export async function whatPanelLacks(
  dashboard: Dashboard,
  panel: Panel,
  backends: Backends,
): Promise<string | undefined> {
  const lacks = await Promise.all(
    panel.targets.map(({ expr }) =>
      panel.datasource.uid === 'loki'
        ? whatLinesLack(asOpened(dashboard, expr), backends)
        : whatValuesLack(asOpened(dashboard, expr), panel, backends),
    ),
  );
  return lacks.find((lack) => lack !== undefined);
}

async function whatValuesLack(
  query: string,
  { type }: Panel,
  { prometheus }: Backends,
): Promise<string | undefined> {
  const all = await prometheus.query(query);
  const samples = all.filter(({ value }) => Number.isFinite(value));
  // Grafana cannot draw a circle or an arrow with NaN.
  if (type === 'nodeGraph' && samples.length < all.length) return `values that are no numbers in ${query}`;
  const shown = samples.map(({ labels }) => labels);
  if (samples.length === 0) return mayBeEmpty(query) ? undefined : `no value of ${query}`;
  if (shown.some(({ source }) => source)) {
    const edges = shown.map(({ id = '' }) => id).toSorted();
    const ours = edges.filter((edge) => !callsOfAdministrators.includes(edge));
    return isDeepStrictEqual(ours, calls) ? undefined : `calls other than ours: ${edges.join(', ')}`;
  }
  const named = new Set(shown.flatMap(({ service_name }) => service_name ?? []));
  // Of failures, some services may have had none.
  const mayBeSome = !query.includes('service_name=~".+"') || query.includes('vector(0)');
  const areAll = mayBeSome || named.size === 0 || named.size === services.length;
  return areAll ? undefined : `only ${[...named].join(', ')} in ${query}`;
}

async function whatLinesLack(query: string, { loki }: Backends): Promise<string | undefined> {
  const lines = await loki.queryRange(query, { ...lately(), limit: 50, direction: 'backward' });
  if (mayBeEmpty(query)) return undefined;
  if (!query.includes('line_format')) return lines.length > 0 ? undefined : `no line of ${query}`;
  const request = /^frontend: request GET \/\S* 200 in [\d.]+ ms$/;
  return lines.some(({ body }) => request.test(body)) ? undefined : `no request of the frontend in ${query}`;
}

/** The last quarter of an hour, which dashboards show at first. */
export function lately(): { startMs: number; endMs: number } {
  return { startMs: Date.now() - 900_000, endMs: Date.now() + 1000 };
}
