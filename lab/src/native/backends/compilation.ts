import { join } from 'node:path';
import { lockOwner } from '../../lock.ts';
import type { WhyAway } from '../../query/backend.ts';
import { type ProgramName, programNames } from './programs.ts';

/** The folder in which a program is compiled. Whoever compiles it, or will, holds the lock in it. */
export function buildFolder(cache: string, name: ProgramName): string {
  return join(cache, 'build', name);
}

/** A program that some process compiles, or will compile `after` another one. */
export type Compilation = { pid: number; after?: ProgramName };

/** Finds out whether a program is being compiled on this machine; `cache` is the folder of compiled programs. */
export function findCompilation(cache: string, name: ProgramName): Compilation | undefined {
  const pid = lockOwner(buildFolder(cache, name))?.pid;
  if (pid === undefined) return undefined;
  const before = programNames.slice(0, programNames.indexOf(name));
  const after = before.findLast((other) => lockOwner(buildFolder(cache, other))?.pid === pid);
  return { pid, ...(after && { after }) };
}

/** Who compiles a program, and when its turn comes. */
export function describeCompilation({ pid, after }: Compilation): string {
  return after === undefined ? `by process ${pid}` : `by process ${pid}, after ${after}`;
}

/** Says that a backend is away because its program is not compiled yet; for backends that do not listen. */
export function whyNotCompiled(cache: string, name: ProgramName): WhyAway {
  return () => {
    const compilation = findCompilation(cache, name);
    if (compilation === undefined) return undefined;
    return compilation.after === undefined
      ? 'it is being compiled'
      : `it will be compiled after ${compilation.after}`;
  };
}
