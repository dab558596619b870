import { z } from 'zod';
import { LabError } from '../lab-error.ts';
import { fillIn } from './fill-in.ts';
import type { DataSource } from './grafana-files.ts';

/** The data source that a link leads to, and the query that is sent there. */
export type Destination = { uid: string; query: string };

const panesSchema = z.record(
  z.string(),
  z.object({ datasource: z.string(), queries: z.array(z.looseObject({ query: z.string().default('') })) }),
);

/** Where the dot of an exemplar leads, of which `labelOf` returns a label. */
export function followExemplar(
  { jsonData: { exemplarTraceIdDestinations: destinations } }: DataSource,
  labelOf: (name: string) => string,
): Destination {
  const [destination] = destinations;
  if (!destination) throw new LabError('The data source of Prometheus has no exemplarTraceIdDestinations.');
  const { name, datasourceUid, url } = destination;
  if (url === undefined) return { uid: datasourceUid ?? '', query: labelOf(name) };
  const panes = new URL(fillIn(url, { '__value.raw': labelOf(name) }), 'http://grafana').searchParams.get(
    'panes',
  );
  const [pane] = Object.values(panesSchema.parse(JSON.parse(panes ?? '{}')));
  return { uid: pane?.datasource ?? '', query: pane?.queries[0]?.query ?? '' };
}

/** Where the links of a data source lead, and the type that is expected there. */
export function linksOf(source: DataSource): { name: string; uid: string; type: string }[] {
  const { exemplarTraceIdDestinations, tracesToLogsV2, tracesToMetrics, derivedFields } = source.jsonData;
  return [
    ...(exemplarTraceIdDestinations.length === 0
      ? []
      : [{ name: 'an exemplar', uid: followExemplar(source, () => 'id').uid, type: 'jaeger' }]),
    ...(tracesToLogsV2 ? [{ name: 'tracesToLogsV2', uid: tracesToLogsV2.datasourceUid, type: 'loki' }] : []),
    ...(tracesToMetrics
      ? [{ name: 'tracesToMetrics', uid: tracesToMetrics.datasourceUid, type: 'prometheus' }]
      : []),
    ...derivedFields.map(({ datasourceUid: uid }) => ({ name: 'a derived field', uid, type: 'jaeger' })),
  ];
}
