export interface RequestParts {
  /** Sent as `Authorization: Bearer …`. */
  apiKey?: string;
  /** The body is one of these: a value sent as JSON, pairs sent as a form, or the bytes themselves. */
  json?: unknown;
  form?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
}

/** `body` is the parsed JSON; undefined when there is no body. */
export interface Reply {
  status: number;
  headers: Headers;
  body: unknown;
}

export type SendRequest = (route: string, parts?: RequestParts) => Promise<Reply>;

/** Makes a client of a JSON API; its `route` reads `METHOD /path?query`. */
export function requestsTo(baseUrl: string): SendRequest {
  return async (route, { apiKey, json, form, body, headers } = {}) => {
    const [method = '', path = ''] = route.split(' ');
    const isJson = json !== undefined;
    const response = await fetch(baseUrl + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(apiKey && { authorization: `Bearer ${apiKey}` }),
        ...(isJson && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: isJson ? JSON.stringify(json) : form ? new URLSearchParams(form) : (body ?? null),
    });
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
  };
}
