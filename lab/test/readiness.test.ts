import { expect, onTestFinished, test } from 'vitest';
import { listen } from '../../test/listen.ts';
import { whyServiceNotReady } from '../src/readiness.ts';

test.for<[status: number, body: object, why: string | undefined]>([
  [200, { status: 'ok', dependencies: { order_dbase: 'ok' } }, undefined],
  [
    503,
    { status: 'unavailable', dependencies: { order_dbase: 'unavailable' } },
    'order_dbase is unavailable',
  ],
  [503, { status: 'stopping' }, 'it is stopping'],
])('When a service answers %i %j, then it is not ready because: %s', async ([status, body, why]) => {
  const { url, close } = await listen((_request, response) =>
    response.writeHead(status).end(JSON.stringify(body)),
  );
  onTestFinished(close);
  expect(await whyServiceNotReady(`${url}/readyz`, 5000)).toBe(why);
});
