import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { foldersOf } from '../home.ts';
import { LabError } from '../lab-error.ts';
import type { ViewerPart } from '../part.ts';
import type { Settings } from '../settings.ts';
import { findProgram } from './find-program.ts';
import type { Command } from './recorded-process.ts';

/** The path of `grafana`, or of the older `grafana-server`. */
export function findGrafana(searchPath: string): string | undefined {
  return findProgram(['grafana', 'grafana-server'], searchPath);
}

/** The command that runs Grafana in the foreground with its data in the shop's home; `program` is its path. */
export function grafanaCommand(part: ViewerPart, program: string, settings: Settings): Command {
  const data = join(foldersOf(settings.home).data, part.name);
  mkdirSync(data, { recursive: true, mode: 0o700 });
  return {
    program,
    args: [...(basename(program) === 'grafana' ? ['server'] : []), '--homepath', findHomePath(program)],
    directory: data,
    environment: { ...part.environment, GF_PATHS_DATA: data, GF_PATHS_LOGS: join(data, 'log') },
  };
}

/** The folder of Grafana's pages and defaults: in an archive it encloses the program, in a package it is elsewhere. */
function findHomePath(program: string): string {
  const around = dirname(dirname(realpathSync(program)));
  const candidates = [around, join(around, 'share/grafana'), '/usr/share/grafana'];
  const found = candidates.find((folder) => existsSync(join(folder, 'conf/defaults.ini')));
  if (found) return found;
  throw new LabError(`${program} has no conf/defaults.ini in ${candidates.join(', ')}.`);
}
