import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';

const directory = join(__dirname, '../product-service');

/** Builds what {@link launchTraced} runs. */
export async function buildTraced(): Promise<void> {
  await promisify(execFile)(join(directory, '../node_modules/.bin/tsc'), ['-b', directory]);
}

/**
 * Runs a program as a process with the telemetry of product-service. It is the body of an async function, and can load
 * service-kit, and express and the other packages, by `require`.
 */
export function launchTraced(main: string, collector: string, environment: Record<string, string> = {}) {
  const program = `require('@vitrine/service-kit/start').start(async () => { ${main} })`;
  return spawn(process.execPath, ['--require', './dist/telemetry.js', '-e', program], {
    cwd: directory,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs a program as {@link launchTraced} does, until it ends. */
export async function runTraced(...program: Parameters<typeof launchTraced>) {
  const child = launchTraced(...program);
  const [[status], stdout, stderr] = await Promise.all([
    once(child, 'exit'),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { status, stdout, stderr };
}
