import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { arrivals } from './arrivals.ts';
import { test } from './stack-test.ts';
import { runVitrine } from './start-stack.ts';
import {
  asked,
  change,
  freezeJaegerAndLoki,
  loseCollector,
  p95Of,
  page,
  report,
  servedOf,
} from './telemetry-outage.ts';

// npm run test:long has the outages of a minute.

test('When the collector is killed for longer than telemetry is held, then no request fails, telemetry is soon back, and what is lost is counted', async ({
  stack,
}) => {
  const holding = { ...stack.environment, OTEL_EXPORTER_OTLP_TIMEOUT: '3000' };
  for (const service of asked) {
    onTestFinished(async () => void (await stack.vitrine('restart', service)));
    expect(await runVitrine(holding, 'restart', service)).toMatchObject({ status: 0 });
  }
  await loseCollector(stack, { seconds: 12, perSecond: 20, backWithinMs: 10_000 });
});

test('When Jaeger and Loki hang, then nothing is lost', async ({ stack }) => {
  await freezeJaegerAndLoki(stack, { seconds: 12, perSecond: 20 });
});

test('When the collector hangs, then neither requests nor the end of a service wait for it', async ({
  stack,
}) => {
  const traffic = arrivals(page(stack), { perSecond: 20, seconds: 8 });
  await change(stack, 'pause', 'otel-collector', 'resume');
  // An export is given up after seconds only: requests that waited for one would run into the frontend's time limit.
  const seen = servedOf(await traffic);
  onTestFinished(async () => void (await stack.vitrine('start', 'product-service')));
  const stopped = await stack.vitrine('stop', 'product-service');
  report('collector hangs', p95Of(seen));
  // A service that takes ten seconds is killed, and the command says so.
  expect(stopped).toMatchObject({ status: 0, stdout: 'product-service is stopped.\n' });
  const log = readFileSync(join(stack.home, 'logs', 'product-service.log'), 'utf8');
  expect(JSON.parse(log.trim().split('\n').at(-1) ?? '')).toMatchObject({ msg: 'stopped' });
});
