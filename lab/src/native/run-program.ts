import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Variables } from '../env-file.ts';

/** Runs a program to its end; resolves to its exit status and to what it wrote on stdout and stderr. */
export async function runProgram(
  program: string,
  args: readonly string[],
  { directory, environment, signal }: { directory: string; environment: Variables; signal: AbortSignal },
): Promise<{ status: number | null; output: string }> {
  const child = spawn(program, args, {
    ...{ cwd: directory, env: environment, signal },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve, reject) =>
    child.on('error', reject).on('close', resolve),
  );
  const [status, ...outputs] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { status, output: outputs.join('').trim() };
}
