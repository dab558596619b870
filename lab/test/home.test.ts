import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { emptyHome, openHome, readPorts, recordPorts, removeEmptyHome } from '../src/home.ts';
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

test('When a home was opened on some ports, then it knows them until it is emptied', () => {
  const home = temporaryFolder();
  openHome(home);
  expect(readPorts(home)).toEqual({});
  recordPorts(home, { frontend: 15_000, 'loki-grpc': 19_095 });
  expect(readPorts(home)).toEqual({ frontend: 15_000, 'loki-grpc': 19_095 });
  expect(readdirSync(join(home, 'run'))).toEqual(['ports.json']);
  emptyHome(home);
  expect(readPorts(home)).toEqual({});
});

test.each(['', '{"frontend":', '{"no-such-part":1}'])(
  'When the record of the ports is %j, then none is known',
  (record) => {
    const home = temporaryFolder();
    openHome(home);
    writeFileSync(join(home, 'run/ports.json'), record);
    expect(readPorts(home)).toEqual({});
  },
);
