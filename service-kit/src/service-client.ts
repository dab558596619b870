import { unavailable } from './http-error';
import { namePeer } from './peers';

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
  headers: Headers;
  /** The parsed JSON, to be checked by the caller. */
  body: unknown;
}

export interface ServiceClient {
  readonly name: string;
  /**
   * Calls the neighbour within the time limit; a call that changes nothing when repeated is tried once more when the
   * connection failed.
   *
   * @throws HttpError 503 that names the part at fault
   */
  call(request: ServiceRequest): Promise<ServiceResponse>;
}

/** A client of one neighbour. `timeoutMs` bounds a call as a whole, its retry included. */
export function createServiceClient(options: {
  name: string;
  baseUrl: string;
  timeoutMs: number;
}): ServiceClient {
  const { name, baseUrl, timeoutMs } = options;
  namePeer(baseUrl, name);

  async function send({ method = 'GET', path, apiKey, body }: ServiceRequest, signal: AbortSignal) {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (apiKey) headers.authorization = `Bearer ${apiKey}`;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const response = await fetch(baseUrl + path, {
      method,
      headers,
      signal,
      redirect: 'error',
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: response.status, headers: response.headers, body: await response.json() };
  }

  return {
    name,
    async call(request) {
      const signal = AbortSignal.timeout(timeoutMs);
      const isRepeatable = request.method !== 'POST';
      let response: ServiceResponse;
      try {
        response = await send(request, signal).catch((error) => {
          if (isRepeatable && isConnectionFailure(error)) return send(request, signal);
          throw error;
        });
      } catch (error) {
        throw unavailable(name, error);
      }
      if (response.status === 503) throw unavailable(partNamedBy(response.body) ?? name);
      if (response.status >= 500) throw unavailable(name);
      return response;
    },
  };
}

/** fetch reports every network failure as a TypeError; malformed JSON is a SyntaxError, the time limit a DOMException. */
function isConnectionFailure(error: unknown): boolean {
  return error instanceof TypeError;
}

/** A neighbour that could not reach a part of its own says which: the one at fault is the one to name. */
function partNamedBy(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('message' in body)) return undefined;
  return /^([\w-]{1,64}) is not available$/.exec(String(body.message))?.[1];
}
