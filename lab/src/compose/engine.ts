import type { Variables } from '../env-file.ts';
import { runProgram } from '../native/run-program.ts';

const answerLimitMs = 5000;

/** `missing`: there is no program docker; `timeout`: no answer in time, as while the engine starts. */
export type DockerProblem = { kind: 'missing' | 'timeout' | 'unusable'; why: string };

/** Resolves to why docker and its Compose cannot be used here; to undefined when they can. */
export async function findDockerProblem(environment: Variables): Promise<DockerProblem | undefined> {
  const signal = AbortSignal.timeout(answerLimitMs);
  const run = (...args: string[]) => runProgram('docker', args, { directory: '/', environment, signal });
  try {
    const [engine, compose] = await Promise.all([
      run('version', '--format', '{{.Server.Version}}'),
      run('compose', 'version'),
    ]);
    if (engine.status !== 0) return { kind: 'unusable', why: engine.output || 'docker version fails' };
    if (compose.status === 0) return undefined;
    return { kind: 'unusable', why: 'this docker has no Compose (docker compose version fails)' };
  } catch (error) {
    if (signal.aborted) return { kind: 'timeout', why: `no answer within ${answerLimitMs / 1000} s` };
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return isAbsent
      ? { kind: 'missing', why: 'there is no program docker' }
      : { kind: 'unusable', why: String(error) };
  }
}
