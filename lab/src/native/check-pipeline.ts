import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Variables } from '../env-file.ts';
import { LabError, UsageError } from '../lab-error.ts';
import { createParts } from '../parts.ts';
import { pipelineFile } from '../pipeline-memory.ts';
import type { Session } from '../stack.ts';
import { createBackends } from './backends/backends.ts';
import { runProgram } from './run-program.ts';

/**
 * `./vitrine pipeline check`: lets the collector validate a configuration file with the addresses of this stack. Throws
 * a LabError with the collector's complaint.
 */
export async function checkPipeline(
  file: string | undefined,
  { settings, report }: Pick<Session, 'settings' | 'report'>,
  signal: AbortSignal,
): Promise<void> {
  const path = file === undefined ? pipelineFile(settings) : resolve(file);
  if (!existsSync(path)) throw new UsageError(`There is no ${path}.`);

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
  await refuseBadPipeline(path, { collector, environment, signal });
  report(`The collector accepts ${path}`);
}

/** Lets the program `collector` validate the file at `path`. Throws a LabError with its complaint. */
export async function refuseBadPipeline(
  path: string,
  { collector, environment, signal }: { collector: string; environment: Variables; signal: AbortSignal },
): Promise<void> {
  const args = ['validate', '--config', path];
  const { status, output } = await runProgram(collector, args, { directory: '/', environment, signal });
  if (status !== 0) throw new LabError(`The collector refuses ${path}:\n${makeReadable(output)}`);
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
