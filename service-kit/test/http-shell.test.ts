import { connect } from 'node:net';
import request from 'supertest';
import { test as base, describe, expect } from 'vitest';
import { hostileBodies } from '../../test/hostile-requests';
import { listen } from '../../test/listen';
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
  return { api: request(server.url), server, log, dependencies };
});

describe('When a request is valid', () => {
  test('then one info line has its method, route, path, status and duration', async ({ service }) => {
    await service.api.get('/thing?password=x');
    await expect.poll(() => service.log.lines()).toHaveLength(1);
    expect(service.log.lines()).toStrictEqual([
      {
        ...{ level: 'info', time: expect.any(String), 'http.request.method': 'GET', 'url.path': '/thing' },
        ...{ 'http.route': '/thing', 'http.response.status_code': 200 },
        ...{ duration_ms: expect.any(Number), msg: 'request' },
      },
    ]);
  });

  test('then the log cuts a long path without leaving half an e-mail address', async ({ service }) => {
    await service.api.get(`/${'x/'.repeat(145)}ada.lovelace@example.com/${'y/'.repeat(200)}`);
    await expect.poll(() => service.log.lines()).toHaveLength(1);
    const [line] = service.log.lines();
    expect(line).toMatchObject({ 'url.path': expect.stringMatching(/^\/x\/.{0,298}$/) });
    expect(JSON.stringify(line)).not.toContain('ada');
  });

  test('then the response hides the framework and forbids framing and sniffing', async ({ service }) => {
    const { headers } = await service.api.get('/thing');
    expect(headers['x-powered-by']).toBeUndefined();
    expect(headers['strict-transport-security']).toBeUndefined();
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
  });

  test.for([
    ['json', { a: ' x ', b: [1] }],
    ['form', { a: 'é+ &=', b: '' }],
  ] as const)('with a body of type %s, then the body is parsed', async ([type, body], { service }) => {
    await service.api.post('/echo').type(type).send(body).expect(200, body);
  });

  const broken = Buffer.from('a=x%26&b=y\ud800', 'utf16le');
  test.for<[what: string, type: string, body: string | Buffer, read: object]>([
    ['JSON', 'application/json', '{"a":"\\ud800","b":["y\\udc00"]}', { a: '\ufffd', b: ['y\ufffd'] }],
    [
      'a form in UTF-16',
      'application/x-www-form-urlencoded; charset=utf-16le',
      broken,
      { a: 'x&', b: 'y\ufffd' },
    ],
  ])(
    'with half a surrogate pair in %s, then U+FFFD takes its place',
    async ([, type, body, read], { service }) => {
      await service.api
        .post('/echo')
        .set('Content-Type', type)
        .serialize((raw) => raw)
        .send(body)
        .expect(200, read);
    },
  );
});

describe('When a request is invalid', () => {
  test.for(hostileBodies.filter(([, , status]) => status !== 400))(
    'because its body is %s, then the status gives the reason',
    async ([, hostile, status], { service }) => {
      const reply = await service.api.post('/echo').use(hostile);
      expect(reply).toMatchObject({ status, body: { message: expect.stringMatching(/^The body/) } });
    },
  );

  test('because of malformed JSON, then the 400 does not quote it', async ({ service }) => {
    await service.api
      .post('/echo')
      .type('json')
      .send('{"password":"canary')
      .expect(400, { message: 'The request is malformed' });
    expect(service.log.text()).not.toContain('canary');
  });

  test.for([
    ['get', '/', 404],
    ['post', '/thing', 404],
    ['delete', '/nothing', 404],
    ['get', '/thing/', 200],
    ['get', '//thing', 404],
  ] as const)(
    'because no route matches %s %s, then the status is %i',
    async ([method, path, status], { service }) => {
      await service.api[method](path).expect(status);
    },
  );

  test('because its path is not UTF-8 or not a path, then the status is 4xx', async ({ service }) => {
    await service.api.get('/%ff').expect(404);
    const { port } = service.server;
    for (const line of ['GET %00 HTTP/1.1', 'GET http://[ HTTP/1.1', 'GET * HTTP/1.1', 'TEAPOT / HTTP/1.1'])
      expect(await rawStatus(port, line)).toMatch(/^4\d\d$/);
  });
});

describe('When a handler fails', () => {
  test('by a bug, then the 500 reveals nothing and the log has the stack', async ({ service }) => {
    await service.api.get('/bug').expect(500, { message: 'Something went wrong on our side' });
    const stack = expect.stringContaining('http-shell.test.ts');
    expect(service.log.lines()[0]).toMatchObject({
      level: 'error',
      err: { type: 'TypeError', message: 'the secret recipe', stack },
    });
  });

  test('by a bug in the middle of a response, then the connection is cut', async ({ service }) => {
    await expect(service.api.get('/late-bug')).rejects.toThrow();
    expect(service.log.lines()[0]).toMatchObject({ level: 'error', err: { message: 'too late' } });
  });

  test('on purpose, then the response has its status, message, fields and headers, and no error is logged', async ({
    service,
  }) => {
    await service.api
      .get('/refused')
      .expect(409, { message: 'no', errors: [{ field: 'x', message: 'is no' }] })
      .expect('X-Why', 'so');
    await expect.poll(() => service.log.lines()).toHaveLength(1);
  });

  test('because a part is unreachable, then the 503 names it and the log has the reason', async ({
    service,
  }) => {
    await service.api
      .get('/cut-off')
      .expect(503, { message: 'stock is not available' })
      .expect('Retry-After', '1');
    expect(service.log.lines()[0]).toMatchObject({
      ...{ level: 'warn', msg: 'stock is not available' },
      err: { message: 'connect ECONNREFUSED' },
    });
  });
});

test('When a client disconnects, then the log has a line', async ({ service }) => {
  const socket = connect(service.server.port, '127.0.0.1');
  socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n', () => socket.destroy());
  await expect
    .poll(() => service.log.lines())
    .toMatchObject([{ 'url.path': '/slow', msg: 'request aborted by the client' }]);
});

test('When a probe arrives, then it is answered and not logged', async ({ service }) => {
  await service.api.get('/healthz').expect(200, { status: 'ok' });
  await service.api.get('/readyz').expect(200, { status: 'ok', dependencies: { stock: 'ok', till: 'ok' } });

  service.dependencies.till = false;
  await service.api.get('/readyz').expect(503, {
    status: 'unavailable',
    dependencies: { stock: 'ok', till: 'unavailable' },
  });
  await service.api.get('/healthz').expect(200);
  expect(service.log.lines()).toStrictEqual([]);
});

/** Sends a raw request line and returns the status of the response. */
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
