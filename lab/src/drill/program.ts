import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { execPath, kill } from 'node:process';
import { text } from 'node:stream/consumers';
import { LabError } from '../lab-error.ts';

/**
 * Runs a command line with `input` as its standard input, and resolves to its standard output. `node` in it is the one
 * that runs this. Throws a LabError when it fails, or takes longer than `limitMs`; then it is killed with its children.
 */
export async function runProgram(
  command: string,
  input: string,
  { limitMs, signal }: { limitMs: number; signal: AbortSignal },
): Promise<string> {
  const script = `PATH="$0:$PATH"\n${command}`;
  const child = spawn('/bin/sh', ['-c', script, dirname(execPath)], { detached: true, stdio: 'pipe' });
  const late = AbortSignal.timeout(limitMs);
  const stop = () => child.pid !== undefined && child.exitCode === null && kill(-child.pid, 'SIGKILL');
  const stopping = AbortSignal.any([late, signal]);
  stopping.addEventListener('abort', stop);
  // A program may not read its input.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [stdout, stderr, [status, killedBy]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ]);
  stopping.removeEventListener('abort', stop);
  signal.throwIfAborted();
  if (late.aborted) throw new LabError(`it gave no answer within ${limitMs / 1000} s`);
  if (status === 0) return stdout;
  const end = killedBy ? `was ended by ${killedBy}` : `ended with exit status ${status}`;
  const lastWords = stderr.trim().split('\n').at(-1);
  throw new LabError(`it ${end}${lastWords ? `: ${lastWords.slice(0, 200)}` : ''}`);
}
