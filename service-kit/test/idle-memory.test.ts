import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { expect, onTestFinished, test, vi } from 'vitest';
import { giveBackMemory } from '../src/idle-memory';

test('When the heap has grown under load, then garbage is collected a minute after the load, and not again', () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'Date'] });
  const gc = vi.fn();
  vi.stubGlobal('gc', gc);
  const kept: unknown[] = [];
  const grow = () =>
    kept.push(Array.from({ length: 1_000_000 }, (_, index) => ({ index, text: `${index}` })));
  // On a busy machine, the real one is high for a process that is kept waiting, too.
  const loop: EventLoopUtilization = { idle: 0, active: 0, utilization: 0 };
  vi.spyOn(performance, 'eventLoopUtilization').mockReturnValue(loop);
  onTestFinished(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  });

  const work = () => {
    grow();
    loop.utilization = 0.5;
    vi.advanceTimersByTime(5000);
    loop.utilization = 0.05;
  };
  const rest = (seconds: number) => vi.advanceTimersByTime(seconds * 1000);

  giveBackMemory();
  expect(gc).toHaveBeenCalledTimes(1);
  rest(65);
  expect(gc, 'as small as before').toHaveBeenCalledTimes(1);
  work();
  rest(55);
  expect(gc, 'at rest for less than a minute').toHaveBeenCalledTimes(1);
  work();
  rest(55);
  expect(gc, 'at work in between').toHaveBeenCalledTimes(1);
  rest(5);
  expect(gc, 'at rest for a minute').toHaveBeenCalledTimes(2);
  rest(65);
  expect(gc, 'nothing more to give back').toHaveBeenCalledTimes(2);
});
