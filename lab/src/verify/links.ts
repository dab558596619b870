import { z } from 'zod';
import { LabError } from '../lab-error.ts';
import { fillIn } from './fill-in.ts';
import { type DataSource, sourcesFile } from './grafana-files.ts';

/** The data source that a link leads to, and the query that is sent there. */
export type Destination = { uid: string; query: string };

const panesSchema = z.record(
  z.string(),
  z.object({
    datasource: z.string(),
    queries: z.array(z.object({ query: z.string().default(''), queryType: z.string().optional() })),
  }),
);

/**
 * Where the dot of an exemplar leads, of which `labelOf` returns a label. Throws a LabError when Grafana would find nothing
 * there, whatever the label.
 */
export function followExemplar(
  { uid, jsonData: { exemplarTraceIdDestinations: destinations } }: DataSource,
  labelOf: (name: string) => string,
): Destination {
  const wrong = (what: string) =>
    new LabError(`${sourcesFile}, ${uid}: exemplarTraceIdDestinations ${what}.`);
  const [destination] = destinations;
  if (!destination) throw wrong('is missing, so that no exemplar leads to a trace');
  const { name, datasourceUid, url } = destination;
  if (datasourceUid !== undefined || url === undefined)
    throw wrong(
      'needs a url, and no datasourceUid, with which Grafana asks Jaeger for another type of query',
    );
  const address = URL.parse(fillIn(url, { '__value.raw': labelOf(name) }), 'http://grafana');
  const { data, error } = panesSchema.safeParse(readJson(address?.searchParams.get('panes') ?? ''));
  if (!data) throw wrong(`has a url without panes that can be read: ${z.prettifyError(error)}`);
  const [pane] = Object.values(data);
  const [query] = pane?.queries ?? [];
  if (query?.queryType !== undefined)
    throw wrong(
      `has a url with the queryType ${query.queryType}, with which Jaeger finds no trace by its id`,
    );
  return { uid: pane?.datasource ?? '', query: query?.query ?? '' };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Where the links of a data source lead, and the type that is expected there. Throws a LabError like {@link followExemplar}. */
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
