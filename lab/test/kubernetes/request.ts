import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Arrival } from '../stack/arrivals.ts';
import { reasonOf } from '../stack/traffic.ts';

export type Answer = { status: number; traceId: string };

type Message = { method?: string; headers?: object; json?: object; form?: Record<string, string> };

/** Sends a request on a connection of its own, so that a Service chooses a pod for it. */
export function send(url: string, { method, headers = {}, json, form }: Message = {}): Promise<Answer> {
  const body = json ? JSON.stringify(json) : form && new URLSearchParams(form).toString();
  const type = json ? 'application/json' : 'application/x-www-form-urlencoded';
  const all = { ...headers, ...(body && { 'content-type': type }) };
  return new Promise((resolve, reject) => {
    http
      .request(url, {
        method: method ?? (body ? 'POST' : 'GET'),
        agent: false,
        headers: all,
        timeout: 10_000,
      })
      .on('timeout', function (this: http.ClientRequest) {
        this.destroy(new Error('no answer within 10 s'));
      })
      .on('error', reject)
      .on('response', (response) => {
        const answer = { status: response.statusCode ?? 0, traceId: String(response.headers['x-trace-id']) };
        response
          .on('error', reject)
          .on('end', () => resolve(answer))
          .resume();
      })
      .end(body);
  });
}

/** Sends these requests in turn, `perSecond` of them, whether or not those before are answered, until it is stopped. */
export function keepSending(
  requests: readonly (Message & { url: string })[],
  { perSecond }: { perSecond: number },
): { stop: () => Promise<readonly Arrival[]> } {
  const arrivals: Promise<Arrival>[] = [];
  let isOver = false;
  const arrive = async ({ url, ...message }: Message & { url: string }): Promise<Arrival> => {
    const sentAtMs = Date.now();
    const startedAt = performance.now();
    const { status, traceId } = await send(url, message).catch((error) => ({
      ...{ status: reasonOf(error), traceId: '' },
    }));
    return { sentAtMs, ms: performance.now() - startedAt, outcome: status, traceId };
  };
  const sending = (async () => {
    const startedAt = performance.now();
    while (!isOver) {
      const request = requests[arrivals.length % requests.length];
      if (request) arrivals.push(arrive(request));
      await pause(Math.max(0, startedAt + (arrivals.length * 1000) / perSecond - performance.now()));
    }
  })();
  return {
    async stop() {
      isOver = true;
      await sending;
      return Promise.all(arrivals);
    },
  };
}
