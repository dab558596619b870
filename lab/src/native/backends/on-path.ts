import { satisfies } from 'semver';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import type { Variables } from '../../env-file.ts';
import { findProgram } from '../find-program.ts';
import { runProgram } from '../run-program.ts';
import { collectorComponents, type ProgramName, programs } from './programs.ts';

const answerLimitMs = 5000;

/** A program on PATH. `unfit` says why it cannot be used. */
export type PathProgram = { path: string; version: string; unfit?: string };

/** Looks for a program on the PATH of `environment` and asks for its version. */
export async function findOnPath(
  name: ProgramName,
  environment: Variables,
  signal: AbortSignal,
): Promise<PathProgram | undefined> {
  const { commands, versionArgs, version: wanted } = programs[name];
  const path = findProgram(commands, environment.PATH ?? '');
  if (path === undefined) return undefined;
  const ask = async (...args: readonly string[]) => {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(answerLimitMs)]);
    try {
      return (await runProgram(path, args, { directory: '/', environment, signal: limited })).output;
    } catch (error) {
      signal.throwIfAborted();
      return String(error);
    }
  };
  const version = /\d+\.\d+\.\d+/.exec(await ask(...versionArgs))?.[0] ?? 'unknown';
  if (!satisfies(version, `^${wanted}`)) return { path, version, unfit: `${wanted} is wanted` };
  const lacking = name === 'otelcol' ? missingComponents(await ask('components')) : [];
  return lacking.length > 0 ? { path, version, unfit: `it lacks ${lacking.join(', ')}` } : { path, version };
}

const componentsSchema = z.record(z.string(), z.unknown()).transform((kinds) =>
  Object.values(kinds).flatMap((kind) => {
    const { data } = z.array(z.object({ name: z.string() })).safeParse(kind);
    return data?.map(({ name }) => name) ?? [];
  }),
);

function missingComponents(output: string): string[] {
  const { data = [] } = componentsSchema.safeParse(parseDocument(output).toJS());
  return collectorComponents.filter((name) => !data.includes(name));
}
