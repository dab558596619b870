import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

const directory = join(__dirname, '../product-service');

/**
 * Starts a process with the telemetry of product-service that runs `main`, the body of an async function. `main` can
 * `require` service-kit, express and the other packages.
 */
export function launchTraced(main: string, collector: string, environment: Record<string, string> = {}) {
  const program = `require('@vitrine/service-kit/start').start(async () => { ${main} })`;
  return spawn(process.execPath, ['--require', './dist/telemetry.js', '-e', program], {
    cwd: directory,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Runs {@link launchTraced} and waits until the process ends. */
export async function runTraced(...program: Parameters<typeof launchTraced>) {
  const child = launchTraced(...program);
  const [[status], stdout, stderr] = await Promise.all([
    once(child, 'exit'),
    text(child.stdout),
    text(child.stderr),
  ]);
  return { status, stdout, stderr };
}
