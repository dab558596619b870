import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen } from './listen';

/** A request of the service under test. `path` includes the query; `params` are the route's `:names`, decoded. */
export interface RecordedRequest {
  method: string;
  path: string;
  params: Record<string, string>;
  headers: IncomingHttpHeaders;
  body: string;
}

/** The status is 200 by default; `body` is sent as JSON, a string as it is. */
export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

type Route = Answer | ((request: RecordedRequest) => Answer | Promise<Answer>);

export interface FakeService {
  /** `http://127.0.0.1:port`; it stays the same after a restart. */
  readonly url: string;
  /** Answers by `METHOD /path/:name`; the first match is taken, anything else gets 404. Tests may change them. */
  routes: Record<string, Route>;
  /** Says whether requests are answered, wait for ever, or have their connection cut. */
  mode: 'answer' | 'hang' | 'cut';
  /** All requests received, oldest first. */
  readonly requests: RecordedRequest[];
  /** Stops listening: connections are refused until `start`. */
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** Starts a neighbour of the service under test: a real HTTP server with canned answers. */
export async function startFakeService(routes: FakeService['routes']): Promise<FakeService> {
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url: path = '', headers } = request;
    const recorded: RecordedRequest = { method, path, params: {}, headers, body: await text(request) };
    fake.requests.push(recorded);
    if (fake.mode === 'cut') request.socket.destroy();
    if (fake.mode !== 'answer') return;
    const answer = await answerTo(fake.routes, recorded);
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {}));
  };

  let server = await listen(handle);
  const { port, url } = server;
  const fake: FakeService = {
    url,
    routes,
    mode: 'answer',
    requests: [],
    stop: () => server.close(),
    async start() {
      server = await listen(handle, port);
    },
  };
  return fake;
}

async function answerTo(routes: FakeService['routes'], request: RecordedRequest): Promise<Answer> {
  const pathname = request.path.split('?', 1)[0] ?? '';
  for (const [key, route] of Object.entries(routes)) {
    const [method, pattern] = key.split(' ');
    const match = method === request.method && new URLPattern({ pathname: pattern ?? '' }).exec({ pathname });
    if (!match) continue;
    for (const [name, value = ''] of Object.entries(match.pathname.groups))
      request.params[name] = decodeURIComponent(value);
    return typeof route === 'function' ? route(request) : route;
  }
  return { status: 404, body: { message: 'Not found' } };
}
