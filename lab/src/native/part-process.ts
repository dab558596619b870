import { rmSync } from 'node:fs';
import type { PartName } from '../part-names.ts';
import { type Command, recordedProcess } from './recorded-process.ts';

/**
 * The process of one part. At a restart, a successor may run beside it; one that a killed command has left is the part's
 * process once the other has ended. `send`, `stop` and `kill` reach both.
 */
export function partProcess(part: PartName, folders: { run: string; logs: string }) {
  const current = recordedProcess(part, folders, part);
  const successor = recordedProcess(part, folders, `${part}.next`);
  const both = [current, successor] as const;
  const isRunning = ({ readState }: typeof current) => readState().state === 'running';
  const forget = () => {
    for (const { deleteRecord } of both) deleteRecord();
    rmSync(current.exitFile, { force: true });
  };

  return {
    logFile: current.logFile,
    quoteLog: current.quoteLog,
    readState: () => (both.find(isRunning) ?? current).readState(),
    async start(command: Command): Promise<void> {
      forget();
      await current.start(command);
    },
    /** Starts a successor, and resolves to it. */
    async startSuccessor(command: Command) {
      if (isRunning(current)) await successor.stop();
      else successor.rename(current);
      await successor.start(command);
      return successor;
    },
    /** Stops the old process; from then on its successor is the part's process. */
    async succeed() {
      const { hadToBeKilled } = await current.stop();
      successor.rename(current);
      return { hadToBeKilled };
    },
    /** Sends the signal and returns true if the process runs. */
    send: (signal: NodeJS.Signals) => both.map(({ send }) => send(signal)).includes(true),
    /** Sends SIGTERM, and SIGKILL after ten seconds. */
    async stop(): Promise<{ hadToBeKilled: boolean }> {
      const stopped = await Promise.all(both.map(({ stop }) => stop()));
      forget();
      return { hadToBeKilled: stopped.some(({ hadToBeKilled }) => hadToBeKilled) };
    },
    kill: () => Promise.all(both.map(({ kill }) => kill())),
    waitForExit: current.waitForExit,
  };
}
