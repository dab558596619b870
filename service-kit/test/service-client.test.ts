import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { test as base, describe, expect, onTestFinished } from 'vitest';
import { startFakeService } from '../../test/fake-service';
import { listen } from '../../test/listen';
import { createServiceClient } from '../src/service-client';

const clientOf = (baseUrl: string, timeoutMs = 300) =>
  createServiceClient({ name: 'stock', baseUrl, timeoutMs });

const test = base.extend('stock', async ({ task: _task }, { onCleanup }) => {
  const service = await startFakeService({ 'GET /thing': { body: { thing: 1 } } });
  onCleanup(() => service.stop());
  return { service, client: clientOf(service.url) };
});

/** Creates a client of a service with this handler. */
async function clientOfHandler(handler: RequestListener, timeoutMs = 300) {
  const server = await listen(handler);
  onTestFinished(server.close);
  return clientOf(server.url, timeoutMs);
}

const unavailable = { name: 'HttpError', status: 503, message: 'stock is not available' };

describe('When the service answers', () => {
  test('then status and JSON are returned, also those of a refusal', async ({ stock }) => {
    expect(await stock.client.call({ path: '/thing' })).toMatchObject({ status: 200, body: { thing: 1 } });
    for (const status of [400, 401, 403, 404, 409, 429]) {
      stock.service.routes = { 'GET /thing': { status, body: { message: 'no' } } };
      expect(await stock.client.call({ path: '/thing' })).toMatchObject({ status, body: { message: 'no' } });
    }
    expect(stock.service.requests).toHaveLength(7);
  });

  test('then it has received the api key and the body', async ({ stock }) => {
    stock.service.routes = { 'POST /thing': { status: 201, body: {} } };
    await stock.client.call({ method: 'POST', path: '/thing?a=1', apiKey: 'key', body: { name: 'é' } });
    expect(stock.service.requests).toMatchObject([
      {
        ...{ method: 'POST', path: '/thing?a=1', body: '{"name":"é"}' },
        headers: {
          authorization: 'Bearer key',
          'content-type': 'application/json',
          accept: 'application/json',
        },
      },
    ]);
  });

  test('then connections are reused', async () => {
    const ports = new Set<number | undefined>();
    const client = await clientOfHandler((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('{}');
    });
    for (let call = 0; call < 20; call += 1) await client.call({ path: '/' });
    expect(ports.size).toBeLessThan(3);
  });
});

describe('When the service fails', () => {
  test.for<[what: string, body: unknown, status: number, part: string]>([
    ['503 that names a part', { message: 'stock_dbase is not available' }, 503, 'stock_dbase'],
    ['503 that names no part', { message: 'overloaded' }, 503, 'stock'],
    ['503 with text for a person', { message: 'x'.repeat(65).concat(' is not available') }, 503, 'stock'],
    ['503 without JSON', 'busy', 503, 'stock'],
    ['500', { message: 'Something went wrong on our side' }, 500, 'stock'],
    ['502', { message: 'stock_dbase is not available' }, 502, 'stock'],
    ['HTML', '<html>', 200, 'stock'],
    ['nothing', '', 200, 'stock'],
    ['half its JSON', '{"thing":', 200, 'stock'],
  ])(
    'with %s, then the 503 names the part at fault and the call is not repeated',
    async ([, body, status, part], { stock }) => {
      stock.service.routes = { 'GET /thing': { status, body } };
      const call = stock.client.call({ path: '/thing' });
      await expect(call).rejects.toMatchObject({ ...unavailable, message: `${part} is not available` });
      await expect(call).rejects.toMatchObject({ headers: { 'Retry-After': '1' } });
      expect(stock.service.requests).toHaveLength(1);
    },
  );
});

describe('When the service does not answer', () => {
  test.for<[how: string, handler: RequestListener]>([
    ['at all', () => undefined],
    ['beyond the headers', (_request, response) => response.writeHead(200).flushHeaders()],
    ['beyond half a body', (_request, response) => response.write('{"thing":')],
  ])('%s, then the call ends with 503 at the time limit', async ([, handler]) => {
    const client = await clientOfHandler(handler, 1000);
    const startedAt = performance.now();
    await expect(client.call({ path: '/' })).rejects.toMatchObject(unavailable);
    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeGreaterThan(900);
    expect(tookMs).toBeLessThan(1900);
  });

  test.for<[method: 'GET' | 'POST' | 'PUT' | 'DELETE', asked: number]>([
    ['GET', 2],
    ['POST', 1],
    ['PUT', 1],
    ['DELETE', 1],
  ])(
    'because the connection is cut, then a %s reaches it %i times, as only reading calls are repeated',
    async ([method, asked], { stock }) => {
      stock.service.mode = 'cut';
      await expect(stock.client.call({ method, path: '/thing' })).rejects.toMatchObject(unavailable);
      expect(stock.service.requests).toHaveLength(asked);
    },
  );

  test('the first attempt only, then the second attempt succeeds', async () => {
    let tries = 0;
    const client = await clientOfHandler((request, response) => {
      tries += 1;
      if (tries === 1) request.socket.destroy();
      else response.end('{"thing":1}');
    });
    expect(await client.call({ path: '/' })).toMatchObject({ status: 200, body: { thing: 1 } });
  });

  test('both attempts, then they share one time limit', async () => {
    let tries = 0;
    const client = await clientOfHandler((request) => {
      tries += 1;
      if (tries === 1) setTimeout(() => request.socket.destroy(), 900);
    }, 1000);
    const startedAt = performance.now();
    await expect(client.call({ path: '/' })).rejects.toMatchObject(unavailable);
    expect(performance.now() - startedAt).toBeLessThan(1700);
    expect(tries).toBe(2);
  });

  test('because it is gone, then calls fail with 503 at once, and succeed when it is back', async ({
    stock,
  }) => {
    await stock.client.call({ path: '/thing' });
    await stock.service.stop();
    await expect(stock.client.call({ path: '/thing' })).rejects.toMatchObject(unavailable);
    await stock.service.start();
    expect(await stock.client.call({ path: '/thing' })).toMatchObject({ status: 200 });
  });

  test('because it restarted, then the next call succeeds despite the stale connection', async ({
    stock,
  }) => {
    for (let restart = 0; restart < 5; restart += 1) {
      await stock.client.call({ path: '/thing' });
      await stock.service.stop();
      await stock.service.start();
    }
    expect(await stock.client.call({ path: '/thing' })).toMatchObject({ status: 200 });
  });
});

/** Makes a call that fails. @returns what the error says */
const refusal = (client: ReturnType<typeof clientOf>) =>
  client.call({ path: '/' }).then(String, (error) => error.message);

describe('When 400 calls are made at once', () => {
  test('then they share a hundred connections, which close when they are idle', async () => {
    const open = new Set<Socket>();
    let most = 0;
    const server = createServer({ keepAliveTimeout: 65_000 }, (_request, response) =>
      setTimeout(() => response.end('{}'), 50),
    );
    server.on('connection', (socket) => {
      most = Math.max(most, open.add(socket).size);
      socket.on('close', () => open.delete(socket));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void server.close());
    const client = clientOf(`http://127.0.0.1:${Object(server.address()).port}`, 10_000);
    const calls = await Promise.all(Array.from({ length: 400 }, () => client.call({ path: '/' })));
    expect(calls.map(({ status }) => status)).toEqual(Array(400).fill(200));
    expect(most).toBe(100);
    await expect.poll(() => open.size, { timeout: 20_000 }).toBe(0);
  });

  test('and the service hangs, then all end at the time limit, the next at once, and what waited is never sent', async () => {
    const asked: (string | undefined)[] = [];
    let isHanging = true;
    const client = await clientOfHandler((request, response) => {
      asked.push(request.url);
      if (!isHanging) response.end('{}');
    }, 1000);
    const startedAt = performance.now();
    const calls = Array.from({ length: 400 }, () => client.call({ method: 'POST', path: '/hanging' }));
    const ended = await Promise.race([
      ...calls.map((call) => call.catch(() => 'a call of these')),
      refusal(client),
    ]);
    expect(ended).toBe('stock is not available');
    const outcomes = await Promise.allSettled(calls);
    expect(performance.now() - startedAt).toBeLessThan(1900);
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: unavailable });
    isHanging = false;
    expect(await client.call({ path: '/again' })).toMatchObject({ status: 200 });
    // On a busy machine some get a connection in their last milliseconds.
    expect(asked.length).toBeLessThan(250);
  });
});
