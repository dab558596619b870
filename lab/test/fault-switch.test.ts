import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { clearSwitches, setSwitch } from '../src/faults/fault-switch.ts';
import { findPlaces, readSettings } from '../src/settings.ts';
import { temporaryFolder } from './temporary-folder.ts';

const listening = z.object({ port: z.number() });

/** A shop whose frontend has so many replicas. `asked` are the requests that each of them got. */
async function shopOf(replicas: number) {
  const asked: string[][] = [];
  const urls: string[] = [];
  for (let index = 0; index < replicas; index += 1) {
    const server = createServer((request, response) => {
      asked[index] = [...(asked[index] ?? []), `${request.method} ${request.url}`];
      response.writeHead(204).end();
    });
    onTestFinished(() => void server.close().closeAllConnections());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    urls.push(`http://127.0.0.1:${listening.parse(server.address()).port}`);
  }
  const settings = readSettings(findPlaces({ VITRINE_HOME: join(temporaryFolder(), 'home') }), {});
  return { asked, shop: { settings, stack: { replicaUrls: async () => urls } } };
}

const fault = [{ latency_ms: 100 }, { durationSeconds: 60 }] as const;

test('A fault begins and ends in every replica of a service', async () => {
  const { asked, shop } = await shopOf(3);
  await setSwitch(shop, 'frontend', ...fault);
  expect(await clearSwitches(shop, ['frontend'])).toEqual([]);
  expect(asked).toEqual(Array(3).fill(['PUT /internal/faults', 'DELETE /internal/faults']));
});

test('A service without a replica cannot be given a fault, and has none to end', async () => {
  const { shop } = await shopOf(0);
  await expect(setSwitch(shop, 'frontend', ...fault)).rejects.toThrow(
    'No frontend runs: see ./vitrine status',
  );
  expect(await clearSwitches(shop, ['frontend'])).toEqual([]);
});
