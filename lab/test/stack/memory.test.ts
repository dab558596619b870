import pLimit from 'p-limit';
import { test } from 'vitest';
import { arrive } from './arrivals.ts';
import { measureMemory } from './memory-use.ts';

test('When the shop is idle or busy, then its memory keeps within limits', async () => {
  // As fast as this machine goes.
  const atOnce = pLimit(10);
  await measureMemory((url) => atOnce.map(Array(1000).fill(url), arrive));
});
