import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

const root = join(import.meta.dirname, '../..');
const rum = join(root, 'rum');
const built = readFileSync(join(root, 'frontend/public/rum.js'));

/** Runs npm in rum/, which has packages and a lock file of its own. */
function npm(...args: readonly string[]) {
  execFileSync('npm', ['--prefix', rum, ...args], { encoding: 'utf8' });
}

function hasPackages() {
  const [wanted, installed] = [join(rum, 'package-lock.json'), join(rum, 'node_modules/.package-lock.json')];
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(wanted).mtimeMs;
}

test('When rum/ changes, then frontend/public/rum.js has to be built anew: npm run build --prefix rum', () => {
  if (!hasPackages()) npm('ci', '--include=dev');
  const fresh = join(temporaryFolder(), 'rum.js');
  npm('run', 'build', '--', `--outfile=${fresh}`);
  expect(readFileSync(fresh).equals(built)).toBe(true);
});

test('When a browser gets the script, then it is as small as docs/browser.md says', () => {
  const docs = readFileSync(join(root, 'docs/browser.md'), 'utf8');
  const [, whole, compressed] = /(\d+) kB \((\d+) kB compressed\)/.exec(docs) ?? [];
  // Compression differs a little from one version of Node to the next.
  expect(Math.abs(built.length / 1000 - Number(whole))).toBeLessThan(1);
  expect(Math.abs(gzipSync(built).length / 1000 - Number(compressed))).toBeLessThan(1);
  expect(built.length).toBeLessThan(80_000);
});
