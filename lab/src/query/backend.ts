import { z } from 'zod';
import { chosenCluster } from '../kubernetes/cluster.ts';
import { LabError } from '../lab-error.ts';

/** Says why nothing listens at a backend's address, if that is known. */
export type WhyAway = () => string | undefined;

/** `limitMs` is how long it may take to answer, by default 10 s. */
export type Backend = {
  name: 'Jaeger' | 'Prometheus' | 'Loki';
  url: string;
  limitMs?: number | undefined;
  whyAway?: WhyAway | undefined;
};

export type Parameters = Record<string, string | number | undefined>;

/** A backend does not answer, or not as expected. The message names the backend and its address. */
export class BackendError extends LabError {
  override name = 'BackendError';
}

const maxQuoteLength = 300;

/**
 * Sends a GET and resolves to the JSON of the answer, parsed by `schema`; to undefined for a 404. Throws a BackendError
 * for every other failure.
 */
export async function ask<Schema extends z.ZodType>(
  backend: Backend,
  path: string,
  schema: Schema,
  parameters: Parameters = {},
  headers: Record<string, string> = {},
): Promise<z.output<Schema> | undefined> {
  const { url } = backend;
  const query = new URLSearchParams(
    Object.entries(parameters).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])),
  );
  const { status, text } = await fetchText(backend, `${url}${path}?${query}`, headers);
  if (status === 404) return undefined;
  if (status !== 200) {
    throw new BackendError(`${placeOf(backend)} refuses ${path} with ${status}: ${quote(text)}`);
  }
  const answer = schema.safeParse(parseJson(text));
  if (answer.success) return answer.data;
  throw new BackendError(
    `${placeOf(backend)} answers ${path} with something else than expected: ${quote(z.prettifyError(answer.error))}`,
  );
}

/** Does the same, but a 404 is a failure too: the address belongs to something else. */
export async function askAlways<Schema extends z.ZodType>(
  backend: Backend,
  path: string,
  schema: Schema,
  parameters: Parameters = {},
  headers: Record<string, string> = {},
): Promise<z.output<Schema>> {
  const answer = await ask(backend, path, schema, parameters, headers);
  if (answer !== undefined) return answer;
  throw new BackendError(`${placeOf(backend)} knows no ${path}: is that its address?`);
}

/** In a cluster, a port of this machine that leads there says nothing. */
function placeOf({ name, url }: Backend): string {
  return chosenCluster() ? name : `${name} at ${url}`;
}

async function fetchText(backend: Backend, address: string, headers: Record<string, string>) {
  const { limitMs = 10_000, whyAway } = backend;
  try {
    const response = await fetch(address, { headers, signal: AbortSignal.timeout(limitMs) });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    const isTimeout = error instanceof Error && error.name === 'TimeoutError';
    const why = isTimeout
      ? `no answer within ${limitMs / 1000} s`
      : chosenCluster()
        ? 'no pod of it answers; see ./vitrine status'
        : (isRefused(error) && whyAway?.()) || reasonOf(error);
    throw new BackendError(`${placeOf(backend)} cannot be asked: ${why}.`);
  }
}

/** The cause behind fetch's own "fetch failed". */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (!(cause instanceof Error)) return String(cause);
  return isRefused(error) ? 'nothing listens there' : cause.message;
}

function isRefused(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function quote(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > maxQuoteLength ? `${line.slice(0, maxQuoteLength)} …` : line;
}
