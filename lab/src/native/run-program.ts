import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Variables } from '../env-file.ts';

/**
 * Runs a program to its end; resolves to its exit status, its stdout, and its output on stdout and stderr together. When
 * `signal` aborts, the program gets SIGTERM, and the signal's reason is thrown when it has ended.
 */
export async function runProgram(
  program: string,
  args: readonly string[],
  { directory, environment, signal }: { directory: string; environment: Variables; signal: AbortSignal },
): Promise<{ status: number | null; stdout: string; output: string }> {
  signal.throwIfAborted();
  const child = spawn(program, args, {
    ...{ cwd: directory, env: environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = () => child.kill();
  signal.addEventListener('abort', end);
  const ended = new Promise<number | null>((resolve, reject) =>
    child.on('error', reject).on('close', resolve),
  );
  const outcome = Promise.all([ended, text(child.stdout), text(child.stderr)]);
  const [status, stdout, stderr] = await outcome.finally(() => signal.removeEventListener('abort', end));
  signal.throwIfAborted();
  return { status, stdout: stdout.trim(), output: (stdout + stderr).trim() };
}
