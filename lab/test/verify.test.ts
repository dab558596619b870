import { describe, expect, test } from 'vitest';
import { startFakeService } from '../../test/fake-service.ts';
import { createPrometheus } from '../src/query/prometheus.ts';
import { type Check, lookIntoEach, settle } from '../src/verify/check.ts';

const { signal } = new AbortController();

describe('When the time of verify is over', () => {
  const problemsOf = async (look: Check['look']) => {
    const [result] = await settle([{ group: 'rules', name: 'one', look }], { limitMs: 100, signal });
    return result?.problems;
  };

  test('while a backend hangs, then the check fails, and nobody waits for the answer', async ({
    onTestFinished,
  }) => {
    const fake = await startFakeService({});
    onTestFinished(fake.stop);
    fake.mode = 'hang';
    const prometheus = createPrometheus(fake.url, 3_600_000);
    expect(await problemsOf(async () => (await prometheus.query('up')).map(String))).toEqual([
      expect.stringContaining('did not come to an end within 0 s'),
    ]);
  });

  test('then what was found before is reported', async () => {
    let looks = 0;
    const problems = await problemsOf(() => {
      looks += 1;
      return looks === 1 ? Promise.resolve(['It finds nothing']) : new Promise(() => {});
    });
    expect(problems).toEqual(['It finds nothing.']);
  });

  test('then no more queries are asked', async () => {
    const deadline = new AbortController();
    const asked: number[] = [];
    const look = lookIntoEach([1, 2, 3, 4, 5, 6, 7, 8], async (item) => {
      asked.push(item);
      deadline.abort();
      return [];
    });
    await look(deadline.signal);
    expect(asked).toEqual([1]);
  });
});
