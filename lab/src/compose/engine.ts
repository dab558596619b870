import type { Variables } from '../env-file.ts';
import { runProgram } from '../native/run-program.ts';

const answerLimitMs = 5000;

/** `absent`: there is no program docker; `silent`: no answer in time, be it that the engine is about to start. */
export type Trouble = { kind: 'absent' | 'silent' | 'unusable'; why: string };

/** Why docker and its Compose cannot be used here; undefined when they can. */
export async function findTrouble(environment: Variables): Promise<Trouble | undefined> {
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
    if (signal.aborted) return { kind: 'silent', why: `no answer within ${answerLimitMs / 1000} s` };
    const isAbsent = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return isAbsent
      ? { kind: 'absent', why: 'there is no program docker' }
      : { kind: 'unusable', why: String(error) };
  }
}
