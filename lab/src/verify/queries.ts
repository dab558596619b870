import { mayBeEmpty } from '../empty-while-healthy.ts';
import type { Labels } from '../query/prometheus.ts';
import type { Stores } from '../query/stores.ts';
import type { Names } from './names.ts';
import { unknownNames } from './unknown-names.ts';

/** A query as it is sent to a data source of this type. A query for events, such as alerts, may find none. */
export type Query = { type: string; text: string; legend: string; isExemplar: boolean; isForEvents: boolean };

/** Says what is wrong with a query: it names what there is not, or finds nothing. Throws a BackendError for an invalid one. */
export async function whatIsWrong(
  query: Query,
  stores: Stores,
  names: Names,
  range: { startMs: number; endMs: number },
): Promise<readonly string[]> {
  const { type, text, legend, isExemplar, isForEvents } = query;
  const unknown =
    type === 'loki'
      ? unknownFields(text, names).map((field) => `no log line has the field ${field}`)
      : unknownNames(await stores.prometheus.parse(text), legend, names);
  const found = await run(query, stores, range);
  if (unknown.length > 0) return unknown;
  if (found.length === 0) return isForEvents || mayBeEmpty(text) ? [] : ['it finds nothing'];
  if (!isExemplar) return [];
  const exemplars = await stores.prometheus.queryExemplars(text, range);
  return exemplars.length > 0 ? [] : ['it finds no exemplar'];
}

/** The labels of all that the query finds. A number that is none (0 / 0) is not shown, so it is not found. */
async function run(
  { type, text }: Query,
  { prometheus, loki }: Stores,
  range: { startMs: number; endMs: number },
): Promise<readonly Labels[]> {
  if (type === 'loki' && /^\s*\{/.test(text)) {
    const lines = await loki.queryRange(text, { ...range, limit: 10, direction: 'backward' });
    return lines.map(({ labels, metadata }) => ({ ...labels, ...metadata }));
  }
  const samples = type === 'loki' ? await loki.querySamples(text) : await prometheus.query(text);
  return samples.filter(({ value }) => Number.isFinite(value)).map(({ labels }) => labels);
}

/** Lists the fields in a LogQL query that no line has. Fields that a parser makes of the line itself are not known. */
function unknownFields(text: string, { fields }: Names): readonly string[] {
  if (/\|\s*(?:json|logfmt|pattern|regexp|unpack)\b/.test(text)) return [];
  const templates = [...text.matchAll(/`([^`]*)`/g)].flatMap(([, template = '']) =>
    [...template.matchAll(/\{\{[^}]*?\.(\w+)/g)].map(([, name = '']) => name),
  );
  const code = text.replace(/`[^`]*`|"(?:[^"\\]|\\.)*"/g, '""').replace(/#.*$/gm, '');
  const made = [...code.matchAll(/label_format\s+(\w+)\s*=/g)].map(([, name = '']) => name);
  const compared = [...code.matchAll(/(?:[{|,]|\band|\bor)\s*(\w+)\s*(?:=~|!=|!~|[<>]=?|==?)/g)];
  const grouped = [...code.matchAll(/\b(?:by|without|unwrap)\s*\(?([\w\s,]*)/g)].flatMap(([, list = '']) =>
    list.split(',').map((name) => name.trim()),
  );
  const used = [...templates, ...compared.map(([, name = '']) => name), ...grouped].filter(Boolean);
  return [...new Set(used)].filter((name) => !fields.has(name) && !made.includes(name));
}
