import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './temporary-folder.ts';

/**
 * A program `docker` in front of the PATH: it notes what it is called with, and then does what `script`, the inside of a
 * `case "$*" in … esac`, says.
 */
export function fakeDocker(script: string) {
  const folder = temporaryFolder();
  const log = join(folder, 'calls');
  const lines = ['#!/usr/bin/env bash', `echo "$*" >>${log}`, 'case "$*" in', script, 'esac'];
  writeFileSync(log, '');
  writeFileSync(join(folder, 'docker'), `${lines.join('\n')}\n`, { mode: 0o755 });
  return {
    // biome-ignore lint/style/noProcessEnv: where bash is
    PATH: `${folder}:${process.env.PATH}`,
    calls: () => readFileSync(log, 'utf8').trim().split('\n'),
  };
}
