import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { underLock } from '../../lock.ts';
import { goArguments } from './go-arguments.ts';
import { type ProgramName, programs } from './programs.ts';

/** What a compiled program was made of; `sources` is a digest of its module and of how it was compiled. */
const recordSchema = z.record(
  z.string(),
  z.object({ module: z.string(), version: z.string(), sources: z.string(), compiledAt: z.iso.datetime() }),
);

/**
 * The compiled programs in the folder `bin`, and the record of them, `bin`/versions.json. `root`: of the repository,
 * whose native/ says what they should be made of.
 */
export function programCache(bin: string, root: string) {
  const recordFile = join(bin, 'versions.json');

  const readRecord = (): z.output<typeof recordSchema> => {
    try {
      return recordSchema.parse(JSON.parse(readFileSync(recordFile, 'utf8')));
    } catch {
      // Missing or not ours: then nothing is known of the programs, and they are compiled again.
      return {};
    }
  };

  return {
    /** The path of a program made of today's sources. */
    find(name: ProgramName): string | undefined {
      const path = join(bin, name);
      const isCurrent = readRecord()[name]?.sources === digestSources(name, root);
      return isCurrent && existsSync(path) ? path : undefined;
    },
    /** Moves a program that was just compiled from `draft`, on the same disk, to its place; resolves to its path. */
    keep(name: ProgramName, draft: string, signal: AbortSignal): Promise<string> {
      mkdirSync(bin, { recursive: true });
      const { module, version } = programs[name];
      const path = join(bin, name);
      const entry = { module: `native/${module}`, version, sources: digestSources(name, root) };
      return underLock(bin, { onWait: () => {}, signal }, async () => {
        const record = { ...readRecord(), [name]: { ...entry, compiledAt: new Date().toISOString() } };
        renameSync(draft, path);
        writeFileSync(`${recordFile}.new`, `${JSON.stringify(record, undefined, 2)}\n`);
        renameSync(`${recordFile}.new`, recordFile);
        return path;
      });
    },
  };
}

function digestSources(name: ProgramName, root: string): string {
  const directory = join(root, 'native', programs[name].module);
  const digest = createHash('sha256').update(JSON.stringify(goArguments(name, '')));
  for (const file of globSync('*', { cwd: directory }).sort()) {
    digest.update(`\0${file}\0`).update(readFileSync(join(directory, file)));
  }
  return digest.digest('hex');
}
