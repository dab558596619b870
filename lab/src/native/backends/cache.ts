import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { underLock } from '../../lock.ts';
import { writeWhole } from '../../write-whole.ts';
import { goArguments } from './go-arguments.ts';
import { type ProgramName, programs } from './programs.ts';

/** What each compiled program was made from; `sources` is a digest of its module and its compiler arguments. */
const recordSchema = z.record(
  z.string(),
  z.object({ module: z.string(), version: z.string(), sources: z.string(), compiledAt: z.iso.datetime() }),
);

/**
 * The compiled programs in the folder `bin`, recorded in `bin`/versions.json. `root` is the repository, whose native/
 * holds their sources.
 */
export function programCache(bin: string, root: string) {
  const recordFile = join(bin, 'versions.json');

  const readRecord = (): z.output<typeof recordSchema> => {
    try {
      return recordSchema.parse(JSON.parse(readFileSync(recordFile, 'utf8')));
    } catch {
      // Without a readable record the programs are compiled again.
      return {};
    }
  };

  return {
    /** The path of a program that was compiled from the present sources. */
    find(name: ProgramName): string | undefined {
      const path = join(bin, name);
      const isCurrent = readRecord()[name]?.sources === digestSources(name, root);
      return isCurrent && existsSync(path) ? path : undefined;
    },
    /** Moves a freshly compiled program from `draft`, on the same disk, into the cache; resolves to its path. */
    store(name: ProgramName, draft: string, signal: AbortSignal): Promise<string> {
      mkdirSync(bin, { recursive: true });
      const { module, version } = programs[name];
      const path = join(bin, name);
      const entry = { module: `native/${module}`, version, sources: digestSources(name, root) };
      return underLock(bin, { onWait: () => {}, signal }, async () => {
        const record = { ...readRecord(), [name]: { ...entry, compiledAt: new Date().toISOString() } };
        renameSync(draft, path);
        writeWhole(recordFile, `${JSON.stringify(record, undefined, 2)}\n`);
        return path;
      });
    },
  };
}

function digestSources(name: ProgramName, root: string): string {
  const directory = join(root, 'native', programs[name].module);
  const digest = createHash('sha256').update(JSON.stringify(goArguments(name, '')));
  const files = globSync('**/*', { cwd: directory, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const file of files.map(({ parentPath, name }) => join(parentPath, name)).sort()) {
    digest.update(`\0${relative(directory, file)}\0`).update(readFileSync(file));
  }
  return digest.digest('hex');
}
