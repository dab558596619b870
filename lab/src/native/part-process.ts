import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import type { Variables } from '../env-file.ts';
import { LabError } from '../lab-error.ts';
import { lastLines } from '../log-file.ts';
import type { PartName } from '../part-names.ts';
import { poll } from '../poll.ts';
import { inspectProcess, type ProcessInfo } from '../process-table.ts';

/** How to run a part. Nothing is inherited: `environment` is complete. */
export type Command = { program: string; args: readonly string[]; directory: string; environment: Variables };

/** The process runs, has ended (`how`, in words), or was not started since the last `stop`. */
export type ProcessState =
  | { state: 'running'; process: ProcessInfo; startedAt: Date }
  | { state: 'ended'; how: string }
  | { state: 'none' };

const recordSchema = z.object({ pid: z.number(), birth: z.string(), startedAt: z.coerce.date() });
const logLimitBytes = 10 * 1024 * 1024;
const stopLimitMs = 10_000;
/** Characters: a failed migration with its way out fits, a log line with a stack does not. */
const quotedLength = 1000;
/** Of an error that nobody caught, Node prints ten frames and two more lines below the message. */
const quotedLines = 16;

/** Starts the program, writes its process id to fd 3, waits for it and writes its exit status to the file $0. */
const reaperScript = '"$@" 3>&- & echo $! >&3; exec 3>&-; wait $!; echo $? >"$0"';

/**
 * The process of one part, which outlives this one. `folders` hold run files and logs, and must exist. A record
 * (process id and birth) exists from the start of the process until `stop`.
 */
export function partProcess(part: PartName, folders: { run: string; logs: string }) {
  const recordFile = join(folders.run, `${part}.json`);
  const exitFile = join(folders.run, `${part}.exit`);
  const logFile = join(folders.logs, `${part}.log`);

  /** The size of the log when the process was started here. */
  let startOffset = 0;

  const readState = (): ProcessState => {
    if (!existsSync(recordFile)) return { state: 'none' };
    const record = recordSchema.parse(JSON.parse(readFileSync(recordFile, 'utf8')));
    const process = inspectProcess(record.pid);
    if (process?.birth === record.birth) return { state: 'running', process, startedAt: record.startedAt };
    return { state: 'ended', how: describeExit(exitFile) };
  };

  const start = async (command: Command): Promise<void> => {
    rmSync(exitFile, { force: true });
    const log = openLog(logFile);
    startOffset = fstatSync(log).size;
    const child = spawn('/bin/sh', ['-c', reaperScript, exitFile, command.program, ...command.args], {
      ...{ cwd: command.directory, env: command.environment },
      // A session of its own keeps a Ctrl-C in this terminal away from it.
      detached: true,
      stdio: ['ignore', log, log, 'pipe'],
    });
    closeSync(log);
    child.unref();
    const pipe = child.stdio[3];
    if (pipe === null || pipe === undefined || !('read' in pipe)) throw new Error('fd 3 is not a pipe');
    const pid = Number(await text(pipe));
    // A process that has ended already has no birth to read; the empty string matches no process.
    const birth = inspectProcess(pid)?.birth ?? '';
    writeFileSync(`${recordFile}.new`, JSON.stringify({ pid, birth, startedAt: new Date() }));
    renameSync(`${recordFile}.new`, recordFile);
  };

  const deleteRecord = () => {
    rmSync(recordFile, { force: true });
    rmSync(exitFile, { force: true });
  };

  const isGone = () => (readState().state === 'running' ? undefined : true);

  /** Sends the signal and returns true if the process runs. */
  const send = (signal: NodeJS.Signals): boolean => {
    const now = readState();
    if (now.state !== 'running') return false;
    try {
      process.kill(now.process.pid, signal);
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
      throw new LabError(`${part} (process ${now.process.pid}) belongs to another user.`, { cause: error });
    }
  };

  /** Sends SIGTERM, and SIGKILL after ten seconds. */
  const stop = async (): Promise<{ hadToBeKilled: boolean }> => {
    let hadToBeKilled = false;
    // A paused process handles SIGTERM only after SIGCONT.
    if (send('SIGTERM') && send('SIGCONT')) {
      const limits = { intervalMs: 20, limitMs: stopLimitMs };
      hadToBeKilled = (await poll(isGone, limits)) === undefined;
      if (hadToBeKilled && send('SIGKILL')) await poll(isGone, limits);
    }
    deleteRecord();
    return { hadToBeKilled };
  };

  const kill = async (): Promise<void> => {
    send('SIGKILL');
    await poll(isGone, { intervalMs: 20, limitMs: stopLimitMs });
    await waitForExit();
  };

  /** Resolves to how the process ended, in words; the reaper writes its exit status a moment after the end. */
  const waitForExit = async (): Promise<string> => {
    await poll(() => existsSync(exitFile) || undefined, { intervalMs: 20, limitMs: 500 });
    return describeExit(exitFile);
  };

  /** The end of the log for a message, without lines of earlier processes. */
  const quoteLog = (): string => {
    const lines = lastLines(logFile, quotedLines, startOffset).map(
      (line) => `  ${line.slice(0, quotedLength)}`,
    );
    return `The end of ${logFile}:\n${lines.join('\n')}`;
  };

  return { logFile, quoteLog, readState, start, send, stop, kill, waitForExit };
}

/** Opens the log to append to it; a big one is first renamed to `.1`, of which only the last is kept. */
function openLog(path: string): number {
  if (existsSync(path) && statSync(path).size > logLimitBytes) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

function describeExit(exitFile: string): string {
  if (!existsSync(exitFile)) return 'ended; its exit status is unknown';
  const status = Number(readFileSync(exitFile, 'utf8'));
  const signal = Object.entries(constants.signals).find(([, number]) => number === status - 128)?.[0];
  return signal ? `ended by ${signal}` : `ended with exit status ${status}`;
}
