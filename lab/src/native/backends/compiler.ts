import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { coerce, gte } from 'semver';
import type { Variables } from '../../env-file.ts';
import { LabError } from '../../lab-error.ts';
import { findProgram } from '../find-program.ts';
import { runProgram } from '../run-program.ts';
import { goArguments } from './go-arguments.ts';
import { type ProgramName, programs } from './programs.ts';

/** The first Go version that can download the toolchain that a module asks for. */
const firstToFetch = '1.21.0';

/**
 * Becomes the program of its arguments. Once whoever holds the other end of pipe 3 closes it, or has died, the program
 * and all that it has started are interrupted, have five seconds to delete their temporary files, and are killed.
 */
const boundToPipe = '(read -r _ <&3 || { kill -INT 0; sleep 5; kill -KILL 0; }) 2>/dev/null & exec "$@" 3<&-';

/** The Go of this machine. `root` is the repository; `environment` holds PATH, HOME and what Go itself reads. */
export function goCompiler(root: string, environment: Variables) {
  const go = findProgram(['go'], environment.PATH ?? '');
  const goEnvironment = { ...environment, CGO_ENABLED: '0', GOWORK: 'off' };
  const directoryOf = (name: ProgramName) => join(root, 'native', programs[name].module);

  /** Why `name` cannot be compiled here; undefined when it can. Downloads nothing. */
  const whyNot = async (name: ProgramName, signal: AbortSignal): Promise<string | undefined> => {
    const goModule = readFileSync(join(directoryOf(name), 'go.mod'), 'utf8');
    const wanted = /^go (\S+)$/m.exec(goModule)?.[1] ?? '';
    const remedy = `install Go ${wanted} or newer (https://go.dev/doc/install), or put the program on PATH`;
    if (go === undefined) return `there is no Go to compile it with: ${remedy}`;
    // Inside the module, this command alone would make Go download the toolchain that the module asks for.
    const { status, stdout, output } = await runProgram(go, ['env', 'GOVERSION', 'GOTOOLCHAIN'], {
      ...{ directory: '/', environment: goEnvironment, signal },
    });
    if (status !== 0) return `${go} does not work: ${output.split('\n').at(-1)}; ${remedy}`;
    const [found = '', toolchain = ''] = stdout.split('\n');
    const version = coerce(found) ?? '0.0.0';
    const isEnough = gte(version, wanted) || (gte(version, firstToFetch) && toolchain.endsWith('auto'));
    return isEnough ? undefined : `Go ${found.replace(/^go/, '')} is too old to compile it: ${remedy}`;
  };

  /** Compiles `name` to the file `output`; Go's own output goes to the file `log`. */
  const compile = async (
    name: ProgramName,
    { output, log, signal }: { output: string; log: string; signal: AbortSignal },
  ): Promise<void> => {
    if (go === undefined) throw new LabError('There is no Go here.');
    const file = openSync(log, 'w');
    const child = spawn('/bin/sh', ['-c', boundToPipe, 'sh', go, ...goArguments(name, output)], {
      ...{ cwd: directoryOf(name), env: goEnvironment, stdio: ['ignore', file, file, 'pipe'] },
      // A process group of its own lets its child compilers be ended with it.
      detached: true,
    });
    closeSync(file);
    const pipe = child.stdio[3] as Writable;
    pipe.on('error', () => {});
    const end = () => pipe.destroy();
    signal.addEventListener('abort', end);
    const ended = new Promise<number | null>((resolve, reject) =>
      child.on('error', reject).on('exit', resolve),
    );
    const status = await ended.finally(() => signal.removeEventListener('abort', end));
    pipe.end('ended\n');
    signal.throwIfAborted();
    if (status !== 0)
      throw new LabError(`${name} does not compile: ${explain(readFileSync(log, 'utf8'), log)}`);
  };

  return { whyNot, compile };
}

const knownFailures = [
  [/no space left on device|disk quota exceeded/i, 'the disk is full. Free some 4 GB, then try again.'],
  [
    /dial tcp|no such host|i\/o timeout|TLS handshake|connection re(?:fused|set)|proxyconnect/i,
    'its sources cannot be fetched. Is the network there? `go env GOPROXY` says where they come from.',
  ],
  [
    /toolchain not available/,
    'the newer Go that it needs cannot be downloaded: install it (https://go.dev/doc/install).',
  ],
  [/checksum mismatch|SECURITY ERROR/, 'the downloaded sources differ from go.sum. Nothing of them was run.'],
  [/signal: killed|out of memory|cannot allocate memory/i, 'the memory is full. It takes some 3 GB.'],
] as const;

/** The known cause, if any, and the end of Go's output. */
function explain(output: string, log: string): string {
  const known = knownFailures.find(([pattern]) => pattern.test(output))?.[1];
  const lines = output.split('\n').filter((line) => line !== '' && !line.startsWith('go: downloading'));
  const end = lines.slice(-6).map((line) => `  ${line.slice(0, 300)}`);
  return `${known ?? 'Go refuses it.'} The end of ${log}:\n${end.join('\n')}`;
}
