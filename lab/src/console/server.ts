import { LabError } from '../lab-error.ts';
import { readConfig } from './config.ts';
import { serveConsole } from './serve.ts';

const stop = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stop.abort());

try {
  // biome-ignore lint/style/noProcessEnv: the only place where the console reads it
  await serveConsole(readConfig(process.env), stop.signal);
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
