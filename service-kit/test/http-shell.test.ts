import { connect } from 'node:net';
import { test as base, describe, expect } from 'vitest';
import { hostileBodies } from '../../test/hostile-requests';
import { listen } from '../../test/listen';
import { requestsTo } from '../../test/request';
import { HttpError, unavailable } from '../src/http-error';
import { closeShell, createShell } from '../src/http-shell';
import { captureLog } from './captured-log';

const test = base.extend('service', async ({ task: _task }, { onCleanup }) => {
  const log = captureLog();
  const dependencies = { stock: true, till: true };
  const check = (name: keyof typeof dependencies) => async () => {
    if (!dependencies[name]) throw new Error('out of order');
  };
  const app = createShell({
    logger: log.logger,
    readiness: { stock: check('stock'), till: check('till') },
  });
  app.get('/thing', (_request, response) => response.json({ thing: 1 }));
  app.post('/echo', (request, response) => response.json(request.body ?? 'nothing'));
  app.get('/bug', () => {
    throw new TypeError('the secret recipe');
  });
  app.get('/late-bug', async (_request, response) => {
    response.write('{"half":');
    throw new Error('too late');
  });
  app.get('/refused', () => {
    throw new HttpError(409, 'no', {
      errors: [{ field: 'x', message: 'is no' }],
      headers: { 'X-Why': 'so' },
    });
  });
  app.get('/cut-off', () => {
    throw unavailable('stock', new Error('connect ECONNREFUSED'));
  });
  app.get('/slow', () => undefined);
  closeShell(app, log.logger);
  const server = await listen(app);
  onCleanup(server.close);
  return { request: requestsTo(server.url), server, log, dependencies };
});

describe('When a request is understood', () => {
  test('then one line at info tells method, route, path, status and time', async ({ service }) => {
    await service.request('GET /thing?password=x');
    await expect.poll(() => service.log.lines()).toHaveLength(1);
    expect(service.log.lines()).toStrictEqual([
      {
        ...{ level: 'info', time: expect.any(String), 'http.request.method': 'GET', 'url.path': '/thing' },
        ...{ 'http.route': '/thing', 'http.response.status_code': 200 },
        ...{ duration_ms: expect.any(Number), msg: 'request' },
      },
    ]);
  });

  test('then a long path is cut in the log, and an e-mail address across the cut is not told by half', async ({
    service,
  }) => {
    await service.request(`GET /${'x/'.repeat(145)}ada.lovelace@example.com/${'y/'.repeat(200)}`);
    await expect.poll(() => service.log.lines()).toHaveLength(1);
    const [line] = service.log.lines();
    expect(line).toMatchObject({ 'url.path': expect.stringMatching(/^\/x\/.{0,298}$/) });
    expect(JSON.stringify(line)).not.toContain('ada');
  });

  test('then the answer tells nothing of what made it, and may not be framed or sniffed', async ({
    service,
  }) => {
    const { headers } = await service.request('GET /thing');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('strict-transport-security')).toBeNull();
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  test.for([
    ['JSON', { json: { a: ' x ', b: [1] } }, { a: ' x ', b: [1] }],
    ['a form', { form: { a: 'é+ &=', b: '' } }, { a: 'é+ &=', b: '' }],
  ] as const)('with a body of %s, then it is read', async ([, parts, read], { service }) => {
    expect((await service.request('POST /echo', parts)).body).toStrictEqual(read);
  });
});

describe('When a request is not understood', () => {
  test.for(hostileBodies.filter(([, , status]) => status !== 400))(
    'because its body is %s, then its status says why',
    async ([, parts, status], { service }) => {
      const reply = await service.request('POST /echo', parts);
      expect(reply).toMatchObject({ status, body: { message: expect.stringMatching(/^The body/) } });
    },
  );

  test('because of malformed JSON, then 400 does not quote it', async ({ service }) => {
    const headers = { 'content-type': 'application/json' };
    const reply = await service.request('POST /echo', { body: '{"password":"canary', headers });
    expect(reply.status).toBe(400);
    expect(reply.body).toStrictEqual({ message: 'The request is malformed' });
    expect(service.log.text()).not.toContain('canary');
  });

  test.for(['GET /', 'POST /thing', 'DELETE /nothing', 'GET /thing/', 'GET //thing'])(
    '%s, which is no route, then 404',
    async (route, { service }) => {
      const reply = await service.request(route);
      expect(reply.status).toBe(route === 'GET /thing/' ? 200 : 404);
    },
  );

  test('because its path is no UTF-8 or no path at all, then it does no harm', async ({ service }) => {
    expect((await service.request('GET /%ff')).status).toBe(404);
    const { port } = service.server;
    for (const line of ['GET %00 HTTP/1.1', 'GET http://[ HTTP/1.1', 'GET * HTTP/1.1', 'TEAPOT / HTTP/1.1'])
      expect(await rawStatus(port, line)).toMatch(/^4\d\d$/);
  });
});

describe('When a handler fails', () => {
  test('by a bug, then 500 says nothing of it and the log has its stack', async ({ service }) => {
    const reply = await service.request('GET /bug');
    expect(reply.status).toBe(500);
    expect(reply.body).toStrictEqual({ message: 'Something went wrong on our side' });
    const stack = expect.stringContaining('http-shell.test.ts');
    expect(service.log.lines()[0]).toMatchObject({
      level: 'error',
      err: { type: 'TypeError', message: 'the secret recipe', stack },
    });
  });

  test('by a bug when half the answer is out, then the connection is cut', async ({ service }) => {
    await expect(service.request('GET /late-bug')).rejects.toThrow();
    expect(service.log.lines()[0]).toMatchObject({ level: 'error', err: { message: 'too late' } });
  });

  test('on purpose, then status, message, fields and headers are told, and nothing logged', async ({
    service,
  }) => {
    const reply = await service.request('GET /refused');
    expect(reply.status).toBe(409);
    expect(reply.body).toStrictEqual({ message: 'no', errors: [{ field: 'x', message: 'is no' }] });
    expect(reply.headers.get('x-why')).toBe('so');
    await expect.poll(() => service.log.lines()).toHaveLength(1);
  });

  test('because a part cannot be reached, then 503 names it and the log says why', async ({ service }) => {
    const reply = await service.request('GET /cut-off');
    expect(reply.status).toBe(503);
    expect(reply.body).toStrictEqual({ message: 'stock is not available' });
    expect(reply.headers.get('retry-after')).toBe('1');
    expect(service.log.lines()[0]).toMatchObject({
      ...{ level: 'warn', msg: 'stock is not available' },
      err: { message: 'connect ECONNREFUSED' },
    });
  });
});

test('When a client goes away, then the log says so', async ({ service }) => {
  const socket = connect(service.server.port, '127.0.0.1');
  socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n', () => socket.destroy());
  await expect
    .poll(() => service.log.lines())
    .toMatchObject([{ 'url.path': '/slow', msg: 'request aborted by the client' }]);
});

test('When probes come, then they are answered and not logged', async ({ service }) => {
  expect(await service.request('GET /healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
  const ready = await service.request('GET /readyz');
  expect(ready.status).toBe(200);
  expect(ready.body).toStrictEqual({ status: 'ok', dependencies: { stock: 'ok', till: 'ok' } });

  service.dependencies.till = false;
  const unready = await service.request('GET /readyz');
  expect(unready.status).toBe(503);
  expect(unready.body).toStrictEqual({
    status: 'unavailable',
    dependencies: { stock: 'ok', till: 'unavailable' },
  });
  expect((await service.request('GET /healthz')).status).toBe(200);
  expect(service.log.lines()).toStrictEqual([]);
});

/** Sends a request line as it is; the status of the answer. */
function rawStatus(port: number, requestLine: string): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.setEncoding('latin1').once('data', (answer: string) => {
      resolve(answer.split(' ')[1]);
      socket.destroy();
    });
    socket.once('error', reject).write(`${requestLine}\r\nHost: x\r\nConnection: close\r\n\r\n`);
  });
}
