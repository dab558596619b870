import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { LabError } from '../../lab-error.ts';
import { type LockOwner, underLock } from '../../lock.ts';
import type { Progress } from '../../progress.ts';
import type { Settings } from '../../settings.ts';
import { programCache } from './cache.ts';
import { buildFolder, findCompilation } from './compilation.ts';
import { compileProgress } from './compile-progress.ts';
import { goCompiler } from './compiler.ts';
import { findOnPath } from './on-path.ts';
import { type ProgramName, programNames, programs } from './programs.ts';

/** Where a program comes from; `note` says why the one on PATH is not used. */
export type ProgramReport = { name: ProgramName; version?: string; path?: string; note?: string };

/** Finds the programs of the backends on PATH or in the cache, and compiles them into the cache. */
export function createBackends(
  { root, cache, tools }: Pick<Settings, 'root' | 'cache' | 'tools'>,
  { report, signal }: Progress,
) {
  const compiled = programCache(join(cache, 'bin'), root);
  const compiler = goCompiler(root, tools);
  const progress = compileProgress(report);
  // Each has all cores for itself, so that the one that is asked for first is there as soon as possible.
  const inTurn = pLimit(1);

  const locate = async (name: ProgramName): Promise<ProgramReport> => {
    const onPath = await findOnPath(name, tools, signal);
    if (onPath && !onPath.unfit) return { name, version: onPath.version, path: onPath.path };
    const path = compiled.find(name);
    const note = onPath && `not ${onPath.path} ${onPath.version}: ${onPath.unfit}`;
    return { name, ...(path && { version: programs[name].version, path }), ...(note && { note }) };
  };

  const compileHere = async (name: ProgramName, buildDirectory: string): Promise<string> => {
    const leftOver = readdirSync(buildDirectory).filter((file) => file.startsWith(`${name}.`));
    for (const file of leftOver) rmSync(join(buildDirectory, file));
    // The compiler of a killed process may go on and write its output, so each process has a file of its own.
    const output = join(buildDirectory, `${name}.${process.pid}`);
    progress.begin(name);
    try {
      await compiler.compile(name, { output, log: join(buildDirectory, `${name}.log`), signal });
      progress.done();
      return await compiled.store(name, output, signal);
    } catch (error) {
      // The whole of it may be read only when the others are compiled.
      if (error instanceof LabError) report(`  ${error.message.split('\n')[0]}`);
      throw error;
    } finally {
      progress.end();
      rmSync(output, { force: true });
    }
  };

  return {
    /** The path of a program that can be used, or undefined. */
    find: async (name: ProgramName) => (await locate(name)).path,
    /** Where each program comes from. */
    list: () => Promise.all(programNames.map(locate)),
    /** Why a missing program cannot be compiled; undefined when it can. */
    whyNotCompilable: (name: ProgramName) => compiler.whyNot(name, signal),
    /** Which process compiles a missing program at present, or will; undefined when none does. */
    findCompilation: (name: ProgramName) => findCompilation(cache, name),
    /** Says how long it takes to compile these programs, in this order. */
    forecast: progress.forecast,
    /**
     * Compiles a program unless it is here by now, in its turn: one after the other, in the order of the calls. Resolves
     * to its path; throws a LabError when compiling fails.
     */
    compile(name: ProgramName): Promise<string> {
      const buildDirectory = buildFolder(cache, name);
      mkdirSync(buildDirectory, { recursive: true });
      const onWait = ({ pid }: LockOwner) =>
        report(`  … process ${pid} is compiling ${name}: waiting for it`);
      const work = async () => {
        signal.throwIfAborted();
        return (await locate(name)).path ?? compileHere(name, buildDirectory);
      };
      return underLock(buildDirectory, { onWait, signal }, () => inTurn(work));
    },
  };
}

export type Backends = ReturnType<typeof createBackends>;
