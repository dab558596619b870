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

/**
 * Writes the process id of the program to fd 3, starts it once fd 4 says so, waits for it, and appends its process id and
 * exit status to the file $0. Nothing is started when the writer of fd 4 has ended.
 */
const reaperScript =
  '{ read -r go <&4 && exec "$@" 4>&-; } 3>&- & echo $! >&3; exec 3>&- 4>&-; wait $!; echo $! $? >>"$0"';

/**
 * A process of a part, which outlives this one. Its record `<record>.json` (process id and birth) exists from its start
 * until `stop`. `folders` hold run files and logs, and must exist.
 */
export function recordedProcess(part: PartName, folders: { run: string; logs: string }, record: string) {
  const recordFile = join(folders.run, `${record}.json`);
  const exitFile = join(folders.run, `${part}.exit`);
  const logFile = join(folders.logs, `${part}.log`);

  /** The size of the log when the process was started here. */
  let startOffset = 0;

  const readRecord = () =>
    existsSync(recordFile) ? recordSchema.parse(JSON.parse(readFileSync(recordFile, 'utf8'))) : undefined;

  const readState = (): ProcessState => {
    const record = readRecord();
    if (record === undefined) return { state: 'none' };
    const process = inspectProcess(record.pid);
    if (process?.birth === record.birth) return { state: 'running', process, startedAt: record.startedAt };
    return { state: 'ended', how: describeExit(exitFile, record.pid) };
  };

  const start = async (command: Command): Promise<void> => {
    const log = openLog(logFile);
    startOffset = fstatSync(log).size;
    const child = spawn('/bin/sh', ['-c', reaperScript, exitFile, command.program, ...command.args], {
      ...{ cwd: command.directory, env: command.environment },
      // A session of its own keeps a Ctrl-C in this terminal away from it.
      detached: true,
      stdio: ['ignore', log, log, 'pipe', 'pipe'],
    });
    closeSync(log);
    child.unref();
    const [, , , said, go] = child.stdio;
    if (!said || !('read' in said) || !go || !('write' in go)) throw new Error('fd 3 and 4 are not pipes');
    // The process may be killed before it has read its go.
    go.on('error', () => {});
    try {
      const pid = Number(await text(said));
      // A process that has ended already has no birth to read; the empty string matches no process.
      const birth = inspectProcess(pid)?.birth ?? '';
      writeFileSync(`${recordFile}.new`, JSON.stringify({ pid, birth, startedAt: new Date() }));
      renameSync(`${recordFile}.new`, recordFile);
      go.write('\n');
    } finally {
      go.end();
    }
  };

  const deleteRecord = () => {
    rmSync(recordFile, { force: true });
  };

  /** Makes this process the one that `other` has the record of. */
  const rename = (other: { recordFile: string }) => {
    if (existsSync(recordFile)) renameSync(recordFile, other.recordFile);
  };

  const isGone = () => (readState().state === 'running' ? undefined : true);

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
    if (!send('SIGKILL')) return;
    await poll(isGone, { intervalMs: 20, limitMs: stopLimitMs });
    await waitForExit();
  };

  /** Resolves to how the process ended, in words; the reaper writes its exit status a moment after the end. */
  const waitForExit = async (): Promise<string> => {
    const pid = readRecord()?.pid ?? 0;
    await poll(() => readExitStatus(exitFile, pid), { intervalMs: 20, limitMs: 500 });
    return describeExit(exitFile, pid);
  };

  /** The end of the log for a message, without lines of earlier processes. */
  const quoteLog = (): string => {
    const lines = lastLines(logFile, quotedLines, startOffset).map(
      (line) => `  ${line.slice(0, quotedLength)}`,
    );
    return `The end of ${logFile}:\n${lines.join('\n')}`;
  };

  return {
    ...{ recordFile, exitFile, logFile, quoteLog, readState },
    ...{ start, send, stop, kill, waitForExit, rename, deleteRecord },
  };
}

/** Opens the log to append to it; a big one is first renamed to `.1`, of which only the last is kept. */
function openLog(path: string): number {
  if (existsSync(path) && statSync(path).size > logLimitBytes) renameSync(path, `${path}.1`);
  return openSync(path, 'a', 0o600);
}

function describeExit(exitFile: string, pid: number): string {
  const status = readExitStatus(exitFile, pid);
  if (status === undefined) return 'ended; its exit status is unknown';
  const signal = Object.entries(constants.signals).find(([, number]) => number === status - 128)?.[0];
  return signal ? `ended by ${signal}` : `ended with exit status ${status}`;
}

/** Each line of the file is the id of a process and its exit status. */
function readExitStatus(exitFile: string, pid: number): number | undefined {
  if (!existsSync(exitFile)) return undefined;
  const ends = readFileSync(exitFile, 'utf8').split('\n');
  const status = ends.map((line) => line.split(' ')).findLast(([of]) => of === String(pid))?.[1];
  return status === undefined ? undefined : Number(status);
}
