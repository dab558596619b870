import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { appendToEnvFile, missingSecrets, readEnvFile } from '../src/env-file.ts';
import { temporaryFolder } from './temporary-folder.ts';

test('When there is no file, then it is made for its owner only, and reads back', () => {
  const path = join(temporaryFolder(), '.env');
  expect(readEnvFile(path)).toEqual({});
  appendToEnvFile(path, { SECRET: 'a-b_c' });
  expect(readEnvFile(path)).toEqual({ SECRET: 'a-b_c' });
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('When keys are missing, then they are added and not a byte before them changes', () => {
  const path = join(temporaryFolder(), '.env');
  const before = "# mine\nOLD='kept # so'\nEMPTY=\nLAST=no line end";
  writeFileSync(path, before);
  appendToEnvFile(path, { NEW: 'x', EMPTY: 'filled' });
  expect(readFileSync(path, 'utf8')).toBe(`${before}\nNEW=x\nEMPTY=filled\n`);
  expect(readEnvFile(path)).toEqual({ OLD: 'kept # so', LAST: 'no line end', NEW: 'x', EMPTY: 'filled' });
});

test('When nothing is missing, then no file is made', () => {
  const path = join(temporaryFolder(), '.env');
  appendToEnvFile(path, missingSecrets(['A'], { A: 'known' }));
  expect(() => statSync(path)).toThrow('ENOENT');
});

test('Secrets are 256 bits each, and none is like another', () => {
  const { A = '', B = '' } = missingSecrets(['A', 'B'], {});
  expect(Buffer.from(A, 'base64url')).toHaveLength(32);
  expect(A).not.toBe(B);
});
