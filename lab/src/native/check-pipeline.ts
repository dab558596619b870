import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Variables } from '../env-file.ts';
import { LabError, UsageError } from '../lab-error.ts';
import { createParts } from '../parts.ts';
import { pipelineFiles } from '../pipeline-memory.ts';
import type { Session } from '../stack.ts';
import { createBackends } from './backends/backends.ts';
import { runProgram } from './run-program.ts';

/**
 * `./vitrine pipeline check`: lets the collector validate configuration files, merged in this order, with the addresses
 * of this stack. Throws a LabError with the collector's complaint.
 */
export async function checkPipeline(
  files: readonly string[],
  { settings, report }: Pick<Session, 'settings' | 'report'>,
  signal: AbortSignal,
): Promise<void> {
  const paths = files.length === 0 ? pipelineFiles(settings) : files.map(existingFile);

  const backends = createBackends(settings, { report, signal });
  let collector = await backends.find('otelcol');
  if (collector === undefined) {
    const why = await backends.whyNotCompilable('otelcol');
    if (why) throw new LabError(`The check needs the collector, which is missing, and ${why}.`);
    report('Compiling the collector, which does the check …');
    collector = await backends.compile('otelcol');
  }
  const part = createParts(settings).find(({ name }) => name === 'otel-collector');
  const environment = part?.kind === 'backend' ? part.environment : {};
  await refuseBadPipeline(paths, { collector, environment, signal });
  report(`The collector accepts ${paths.join(' with ')}`);
}

/** The absolute path of a file that a person has named. Throws a UsageError when there is none. */
export function existingFile(file: string): string {
  const path = resolve(file);
  if (!existsSync(path)) throw new UsageError(`There is no ${path}.`);
  if (statSync(path).isDirectory()) throw new UsageError(`${path} is a folder, not a file.`);
  return path;
}

/** The options that make the collector merge these files, in this order, into its configuration. */
export function configOptions(paths: readonly string[]): string[] {
  return paths.flatMap((path) => ['--config', path]);
}

/** Lets the program `collector` validate the files at `paths`. Throws a LabError with its complaint. */
export async function refuseBadPipeline(
  paths: readonly string[],
  { collector, environment, signal }: { collector: string; environment: Variables; signal: AbortSignal },
): Promise<void> {
  const args = ['validate', ...configOptions(paths)];
  const { status, output } = await runProgram(collector, args, { directory: '/', environment, signal });
  if (status !== 0)
    throw new LabError(`The collector refuses ${paths.join(' with ')}:\n${makeReadable(output)}`);
}

/** The collector's complaint without its chain of wrapped errors and without the copy that it logs. */
export function makeReadable(output: string): string {
  const [complaint = output] = output.split(/^\d{4}\/\d\d\/\d\d /m);
  const text = complaint
    .replace(/^Error: /, '')
    .replaceAll(/(?:failed to get config|cannot (?:unmarshal|resolve|retrieve) the configuration): /g, '')
    .replaceAll(/decoding failed due to the following error\(s\):\s*/g, '')
    .replaceAll(/ \(\[.*?\]\) from statements \[.*\] and conditions \[.*?\]/g, '');
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => `  ${line}`).join('\n');
}
