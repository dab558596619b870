import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { giveBackMemory } from '../src/idle-memory';

test('When the heap has grown under load, then garbage is collected once the load is over, once a minute at most', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'Date'] });
  const gc = vi.fn();
  vi.stubGlobal('gc', gc);
  const kept: unknown[] = [];
  const grow = () =>
    kept.push(Array.from({ length: 1_000_000 }, (_, index) => ({ index, text: `${index}` })));
  onTestFinished(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  giveBackMemory();
  expect(gc).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(60_000);
  await delay(200);
  vi.advanceTimersByTime(5000);
  expect(gc, 'as small as before').toHaveBeenCalledTimes(1);

  grow();
  vi.advanceTimersByTime(5000);
  expect(gc, 'busy').toHaveBeenCalledTimes(1);
  await delay(200);
  vi.advanceTimersByTime(5000);
  expect(gc, 'at rest').toHaveBeenCalledTimes(2);

  grow();
  vi.advanceTimersByTime(5000);
  await delay(200);
  vi.advanceTimersByTime(55_000);
  expect(gc, 'a minute is not over').toHaveBeenCalledTimes(2);
  await delay(200);
  vi.advanceTimersByTime(5000);
  expect(gc, 'a minute later').toHaveBeenCalledTimes(3);
});
