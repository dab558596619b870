import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { emptyHome, hasNativeData, openHome, removeEmptyHome } from '../src/home.ts';
import { temporaryFolder } from './temporary-folder.ts';

test('When a home is emptied, then nothing of the shop stays in it, and it goes unless it holds something else', () => {
  const home = join(temporaryFolder(), 'home');
  openHome(home);
  expect(emptyHome(home)).toEqual(['data', 'logs', 'run'].map((folder) => join(home, folder)));
  expect(readdirSync(home)).toEqual([]);

  writeFileSync(join(home, '.env'), '');
  removeEmptyHome(home);
  expect(readdirSync(home)).toEqual(['.env']);

  const empty = temporaryFolder();
  for (const _ of ['there', 'gone']) removeEmptyHome(empty);
  expect(existsSync(empty)).toBe(false);
});

test('When databases of native mode are in a home, then that is known', () => {
  const home = temporaryFolder();
  openHome(home);
  mkdirSync(join(home, 'data/otel-collector'));
  expect(hasNativeData(home)).toBe(false);
  mkdirSync(join(home, 'data/order_dbase'));
  expect(hasNativeData(home)).toBe(true);
});
