import { test } from 'vitest';
import { arrivals } from '../stack/arrivals.ts';
import { measureMemory } from '../stack/memory-use.ts';

test('When there are 100 requests a second for a minute, then memory keeps within limits, and the services give back what they took', async () => {
  await measureMemory((url) => arrivals(url, { perSecond: 100, seconds: 60 }), { waitsForRest: true });
});
