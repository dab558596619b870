import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './temporary-folder.ts';

/**
 * Puts a program, by default `docker`, in front of the PATH. It notes its arguments and then runs `script`, which is the inside of a
 * `case "$*" in … esac`.
 */
export function fakeDocker(script: string, program = 'docker') {
  const folder = temporaryFolder();
  const log = join(folder, 'calls');
  const lines = ['#!/usr/bin/env bash', `echo "$*" >>${log}`, 'case "$*" in', script, 'esac'];
  writeFileSync(log, '');
  writeFileSync(join(folder, program), `${lines.join('\n')}\n`, { mode: 0o755 });
  return {
    // biome-ignore lint/style/noProcessEnv: where bash is
    PATH: `${folder}:${process.env.PATH}`,
    calls: () => readFileSync(log, 'utf8').trim().split('\n'),
  };
}
