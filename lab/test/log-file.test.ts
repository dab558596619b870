import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { followLines, lastLines } from '../src/log-file.ts';
import { temporaryFolder } from './temporary-folder.ts';

test.each([0, 1, 3, 4000, 20_000])('The last %i lines of a log of 10,000 are its last, whole', (count) => {
  const path = join(temporaryFolder(), 'x.log');
  const lines = Array.from({ length: 10_000 }, (_, index) => `line ${index} – é`);
  writeFileSync(path, `${lines.join('\n')}\n`);
  expect(lastLines(path, count)).toEqual(count === 0 ? [] : lines.slice(-count));
});

test('When only what came after a byte is asked for, then nothing before it is given', () => {
  const path = join(temporaryFolder(), 'x.log');
  writeFileSync(path, 'old\n');
  appendFileSync(path, 'new\nunfinished');
  expect(lastLines(path, 5, 4)).toEqual(['new', 'unfinished']);
  expect(lastLines(join(path, 'missing'), 5)).toEqual([]);
});

test('When a log grows, is put aside and begins anew, then who follows gets every whole line once', async () => {
  const path = join(temporaryFolder(), 'x.log');
  writeFileSync(path, 'before\n');
  const seen: string[] = [];
  const end = new AbortController();
  const following = followLines(path, (line) => seen.push(line), end.signal);
  appendFileSync(path, 'one\ntw');
  await vi.waitFor(() => expect(seen).toEqual(['one']), { timeout: 15_000 });
  appendFileSync(path, 'o\n');
  await vi.waitFor(() => expect(seen).toEqual(['one', 'two']), { timeout: 15_000 });
  renameSync(path, `${path}.1`);
  // The new file is longer than the old one was, so size alone does not show that it was replaced.
  writeFileSync(path, 'three\nfour, five and six\n');
  const all = ['one', 'two', 'three', 'four, five and six'];
  await vi.waitFor(() => expect(seen).toEqual(all), { timeout: 15_000 });
  end.abort();
  await following;
});
