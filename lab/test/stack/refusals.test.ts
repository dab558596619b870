import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { connect, createServer, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { poll } from '../../src/poll.ts';
import { backendsOf } from './backends.ts';
import { prepareCheckout } from './own-checkout.ts';
import { readNotices, readStatus } from './part-status.ts';
import { sendRequest } from './sent-request.ts';

const patient = { intervalMs: 1000, limitMs: 90_000 };

/** Takes what is sent to a port, and passes it on unless it refuses: then `refuse` answers the connections. */
async function gate(port: number, refuse: (socket: Socket) => void) {
  const open = new Set<Socket>();
  let isRefusing = false;
  const server = createServer((socket) => {
    const sockets = isRefusing ? [socket] : [socket, connect(port, '127.0.0.1')];
    for (const each of sockets) {
      open.add(each);
      each.on('error', () => undefined);
      each.on('close', () => {
        for (const other of sockets) other.destroy();
      });
    }
    const [, receiver] = sockets;
    if (receiver) socket.pipe(receiver).pipe(socket);
    else refuse(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const change = (refuses: boolean) => {
    isRefusing = refuses;
    for (const socket of open) socket.destroy();
    open.clear();
  };
  onTestFinished(() => {
    server.close();
    change(true);
  });
  const own = server.address();
  if (own === null || typeof own === 'string') throw new Error('The server has no port');
  return { address: `127.0.0.1:${own.port}`, refuse: () => change(true), pass: () => change(false) };
}

/** Answers as a full Loki does; the collector gives up what is refused so. */
function refuseForEver(socket: Socket): void {
  createHttpServer((request, response) => {
    request.resume().on('end', () => response.writeHead(500).end('Ingester is shutting down'));
  }).emit('connection', socket);
}

/** Answers each call with UNAVAILABLE (https://grpc.io/docs/guides/status-codes/); the collector tries again. */
function refuseForAWhile(socket: Socket): void {
  createHttp2Server()
    .on('stream', (stream) => {
      const headers = { 'content-type': 'application/grpc', 'grpc-status': '14', 'grpc-message': 'no' };
      stream.respond(headers, { endStream: true });
    })
    .emit('connection', socket);
}

test('When Loki and Jaeger live but refuse what they get, then status, console, trace and an alert say so, until they take it again', async () => {
  const { site, edit } = await prepareCheckout();
  const loki = await gate(site.ports.loki, refuseForEver);
  const jaeger = await gate(site.ports['jaeger-otlp'], refuseForAWhile);
  edit(
    [/\S+JAEGER_OTLP_ENDPOINT\S+/, jaeger.address],
    [/\S+LOKI_OTLP_ENDPOINT\S+/, `http://${loki.address}/otlp`],
  );
  for (const part of ['jaeger', 'loki', 'prometheus', 'otel-collector', 'console'])
    expect(await site.vitrine('start', part)).toMatchObject({ status: 0 });
  const backends = backendsOf(site);
  const states = async () => {
    const { states, stdout } = await readStatus(site);
    return { loki: states.loki, jaeger: states.jaeger, stdout };
  };

  loki.refuse();
  const first = await sendRequest(site);
  const hasArrived = async () => (await backends.jaeger.traceById(first)) !== undefined || undefined;
  expect(await poll(hasArrived, patient)).toBe(true);
  jaeger.refuse();
  await sendRequest(site);
  const refused = { loki: 'not ready', jaeger: 'not ready' };
  await expect.poll(states, { timeout: patient.limitMs }).toMatchObject({
    ...refused,
    stdout: expect.stringMatching(/^loki .*the collector cannot deliver to it/m),
  });
  const firing = async () =>
    (await backends.prometheus.alerts()).map(({ name, labels }) => `${name} ${labels.exporter}`);
  await expect
    .poll(firing, { timeout: patient.limitMs })
    .toEqual(expect.arrayContaining(['TelemetryLost otlp_http/loki', 'TelemetryLost otlp_grpc/jaeger']));
  expect(await readNotices(site)).toEqual([
    expect.stringMatching(/^jaeger: the collector cannot deliver/),
    expect.stringMatching(/^loki: the collector cannot deliver/),
  ]);
  const { stdout } = await site.vitrine('trace', first);
  expect(stdout).toContain('One request has no log line, since the collector could not deliver to Loki');
  const log = (await site.vitrine('logs', 'otel-collector', '--lines', '100')).stdout;
  expect(log).toMatch(/Exporting failed\. Dropping data.*Status Code 500/);
  expect(log).toMatch(/Exporting failed\. Will retry.*Unavailable/);

  loki.pass();
  jaeger.pass();
  const last = await sendRequest(site);
  const lines = async () => (await site.vitrine('trace', last)).stdout;
  await expect.poll(lines, { timeout: patient.limitMs }).toContain('info request');
  await expect.poll(states, { timeout: patient.limitMs }).toMatchObject({ loki: 'ready', jaeger: 'ready' });
  expect(await readNotices(site)).toEqual([]);
  expect(await lines()).not.toContain('no log line');
});
