import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { giveBackMemory } from '../src/idle-memory';

test('When the heap has grown under load, then garbage is collected a minute after the load, and not again', async () => {
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

  const work = () => {
    grow();
    vi.advanceTimersByTime(5000);
  };
  const rest = async (seconds: number) => {
    for (let passed = 0; passed < seconds; passed += 5) {
      await delay(100);
      vi.advanceTimersByTime(5000);
    }
  };

  giveBackMemory();
  expect(gc).toHaveBeenCalledTimes(1);
  await rest(65);
  expect(gc, 'as small as before').toHaveBeenCalledTimes(1);
  work();
  await rest(55);
  expect(gc, 'at rest for less than a minute').toHaveBeenCalledTimes(1);
  work();
  await rest(55);
  expect(gc, 'at work in between').toHaveBeenCalledTimes(1);
  await rest(5);
  expect(gc, 'at rest for a minute').toHaveBeenCalledTimes(2);
  await rest(65);
  expect(gc, 'nothing more to give back').toHaveBeenCalledTimes(2);
});
