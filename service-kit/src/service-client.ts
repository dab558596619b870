import type { IncomingHttpHeaders } from 'node:http';
import { Pool } from 'undici';
import { exchange } from './exchange';
import { unavailable } from './http-error';
import { namePeer } from './telemetry/peers';

export interface ServiceRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query; its variable parts are encoded by the caller. */
  path: string;
  apiKey?: string | undefined;
  /** Sent as JSON. */
  body?: unknown;
}

export interface ServiceResponse {
  /** Below 500: a neighbour's own failure is thrown as 503. */
  status: number;
  headers: IncomingHttpHeaders;
  /** The parsed JSON, to be checked by the caller. */
  body: unknown;
}

export interface ServiceClient {
  readonly name: string;
  /**
   * Calls the neighbour within the time limit; an idempotent call is tried once more when it failed to connect, and
   * one that only reads also when its connection was cut.
   *
   * @throws HttpError 503 that names the part at fault
   */
  call(request: ServiceRequest): Promise<ServiceResponse>;
}

/** The codes of a connection that could not be made, so that nothing was asked. */
const NOT_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
/** The codes of one that was cut, perhaps after the neighbour had done what was asked. */
const CUT = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** Not the one of `AbortSignal.timeout`, whose numeric code would become the `error.type` of span and metric. */
class CallTimedOut extends Error {
  override name = 'TimeoutError';

  constructor(service: string, timeoutMs: number) {
    super(`No answer from ${service} within ${timeoutMs} ms`);
  }
}

/** A client of one neighbour. `timeoutMs` bounds a call as a whole, its retry included. */
export function createServiceClient(options: {
  name: string;
  baseUrl: string;
  timeoutMs: number;
}): ServiceClient {
  const { name, baseUrl, timeoutMs } = options;
  namePeer(baseUrl, name);
  const base = new URL(baseUrl);
  const prefix = base.pathname.replace(/\/$/, '');
  const pool = new Pool(base.origin, { connect: { timeout: timeoutMs } });

  async function send(
    { method = 'GET', path, apiKey, body }: ServiceRequest,
    onStart: (abort: (reason: Error) => void) => void,
  ): Promise<ServiceResponse> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (apiKey) headers.authorization = `Bearer ${apiKey}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const content = body === undefined ? null : JSON.stringify(body);
    const request = { path: prefix + path, method, headers, body: content };
    const { text, ...answer } = await exchange(pool, request, onStart);
    return { ...answer, body: JSON.parse(text) };
  }

  return {
    name,
    async call(call) {
      let abort: ((reason: Error) => void) | undefined;
      const timer = setTimeout(() => abort?.(new CallTimedOut(name, timeoutMs)), timeoutMs);
      const attempt = () =>
        send(call, (abortThis) => {
          abort = abortThis;
        });
      let response: ServiceResponse;
      try {
        response = await attempt().catch((error) => {
          if (isWorthRepeating(call, error)) return attempt();
          throw error;
        });
      } catch (error) {
        throw unavailable(name, error);
      } finally {
        clearTimeout(timer);
      }
      if (response.status === 503) throw unavailable(partNamedBy(response.body) ?? name);
      if (response.status >= 500) throw unavailable(name);
      return response;
    },
  };
}

function isWorthRepeating({ method = 'GET' }: ServiceRequest, error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  // A DELETE that was done before the cut would be told, the second time, that there is nothing to delete.
  return method === 'GET'
    ? NOT_CONNECTED.has(code) || CUT.has(code)
    : method !== 'POST' && NOT_CONNECTED.has(code);
}

/** A neighbour that could not reach a part of its own says which: the one at fault is the one to name. */
function partNamedBy(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('message' in body)) return undefined;
  return /^([\w-]{1,64}) is not available$/.exec(String(body.message))?.[1];
}
