import type { Variables } from '../env-file.ts';
import { runProgram } from '../native/run-program.ts';

const answerLimitMs = 5000;

/** Why docker and its Compose cannot be used here; undefined when they can. */
export async function whyNoDocker(environment: Variables): Promise<string | undefined> {
  const signal = AbortSignal.timeout(answerLimitMs);
  const run = (...args: string[]) => runProgram('docker', args, { directory: '/', environment, signal });
  try {
    const [engine, compose] = await Promise.all([
      run('version', '--format', '{{.Server.Version}}'),
      run('compose', 'version'),
    ]);
    if (engine.status !== 0) return engine.output || 'docker version fails';
    return compose.status === 0 ? undefined : 'this docker has no Compose (docker compose version fails)';
  } catch (error) {
    if (signal.aborted) return `no answer within ${answerLimitMs / 1000} s`;
    return error instanceof Error && 'code' in error && error.code === 'ENOENT'
      ? 'there is no program docker'
      : String(error);
  }
}
