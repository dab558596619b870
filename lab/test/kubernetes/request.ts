import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Arrival } from '../stack/arrivals.ts';
import { reasonOf } from '../stack/traffic.ts';

export type Answer = { status: number; traceId: string };

/** Sends a request on a connection of its own, so that a Service chooses a pod for it. */
export function send(
  url: string,
  { method = 'GET', headers = {}, json }: { method?: string; headers?: object; json?: object } = {},
): Promise<Answer> {
  const all = { ...headers, ...(json && { 'content-type': 'application/json' }) };
  return new Promise((resolve, reject) => {
    http
      .request(url, { method, agent: false, headers: all, timeout: 10_000 })
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
      .end(json && JSON.stringify(json));
  });
}

/** Opens these pages in turn, `perSecond` of them, whether or not those before are answered, until it is stopped. */
export function keepOpening(
  urls: readonly string[],
  { perSecond, headers = {} }: { perSecond: number; headers?: object },
): { stop: () => Promise<readonly Arrival[]> } {
  const arrivals: Promise<Arrival>[] = [];
  let isOver = false;
  const arrive = async (url: string): Promise<Arrival> => {
    const sentAtMs = Date.now();
    const startedAt = performance.now();
    const { status, traceId } = await send(url, { headers }).catch((error) => ({
      ...{ status: reasonOf(error), traceId: '' },
    }));
    return { sentAtMs, ms: performance.now() - startedAt, outcome: status, traceId };
  };
  const opening = (async () => {
    const startedAt = performance.now();
    while (!isOver) {
      arrivals.push(arrive(urls[arrivals.length % urls.length] ?? ''));
      await pause(Math.max(0, startedAt + (arrivals.length * 1000) / perSecond - performance.now()));
    }
  })();
  return {
    async stop() {
      isOver = true;
      await opening;
      return Promise.all(arrivals);
    },
  };
}
