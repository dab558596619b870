import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { type LockOwner, underLock } from '../../lock.ts';
import type { Settings } from '../../settings.ts';
import type { Conversation } from '../preflight.ts';
import { programCache } from './cache.ts';
import { goCompiler } from './compiler.ts';
import { findOnPath } from './on-path.ts';
import { type ProgramName, programNames, programs } from './programs.ts';
import { compileProgress } from './progress.ts';

/** Two at a time: while one is being linked, which takes a single core, the other has the rest. */
const atOnce = 2;

/** Where a program comes from, or why the one on PATH, if any, is not used. */
export type ProgramReport = { name: ProgramName; version?: string; path?: string; note?: string };

/** Finds the programs of the backends on PATH or in the cache, and compiles them into the cache. */
export function createBackends(
  { root, cache, tools }: Pick<Settings, 'root' | 'cache' | 'tools'>,
  { report, signal }: Conversation,
) {
  const compiled = programCache(join(cache, 'bin'), root);
  const compiler = goCompiler(root, tools);
  const progress = compileProgress(report);
  const limit = pLimit(atOnce);

  const locate = async (name: ProgramName): Promise<ProgramReport> => {
    const onPath = await findOnPath(name, tools, signal);
    if (onPath && !onPath.unfit) return { name, version: onPath.version, path: onPath.path };
    const path = compiled.find(name);
    const note = onPath && `not ${onPath.path} ${onPath.version}: ${onPath.unfit}`;
    return { name, ...(path && { version: programs[name].version, path }), ...(note && { note }) };
  };

  const compileHere = async (name: ProgramName, workshop: string): Promise<string> => {
    const leftOver = readdirSync(workshop).filter((file) => file.startsWith(`${name}.`));
    for (const file of leftOver) rmSync(join(workshop, file));
    // The compiler of a process that was killed may go on, and write what nobody waits for.
    const output = join(workshop, `${name}.${process.pid}`);
    progress.begin(name);
    try {
      await compiler.compile(name, { output, log: join(workshop, `${name}.log`), signal });
      report(`  ${name} ${programs[name].version} is compiled (${progress.secondsOf(name)} s)`);
      return await compiled.keep(name, output, signal);
    } finally {
      progress.end(name);
      rmSync(output, { force: true });
    }
  };

  return {
    /** The path of a program that fits, or undefined. */
    find: async (name: ProgramName) => (await locate(name)).path,
    /** Where each program comes from. */
    list: () => Promise.all(programNames.map(locate)),
    /** Why a program that is not here cannot be compiled either; undefined when it can. */
    whyNotCompilable: (name: ProgramName) => compiler.whyNot(name, signal),
    /** Compiles a program, unless it is here by now. Resolves to its path; throws a LabError when it does not compile. */
    compile: (name: ProgramName): Promise<string> =>
      limit(async () => {
        const workshop = join(cache, 'build', name);
        mkdirSync(workshop, { recursive: true });
        const onWait = ({ pid }: LockOwner) =>
          report(`  … process ${pid} is compiling ${name}: waiting for it`);
        return underLock(
          workshop,
          { onWait, signal },
          async () => (await locate(name)).path ?? compileHere(name, workshop),
        );
      }),
  };
}

export type Backends = ReturnType<typeof createBackends>;
