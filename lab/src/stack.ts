import type { Ports } from './other-ports.ts';
import type { PartName } from './part-names.ts';
import type { Settings } from './settings.ts';

export type PartStatus = {
  part: PartName;
  /** `ended` by itself or by a signal that was not `stop`'s; `unavailable` where its program cannot be had (yet). */
  state: 'ready' | 'not ready' | 'paused' | 'stopped' | 'ended' | 'unavailable';
  /** Why it is not ready, or how it ended. */
  detail?: string;
  address: string;
  pid?: number;
  residentBytes?: number;
  startedAt?: Date;
};

/**
 * The shop, whatever runs it. A part that was stopped or killed stays down until it is started.
 * Every call throws a LabError when it cannot do what it says.
 */
export type Stack = {
  /** Starts every part that does not run; resolves when all are ready, with the names of those it started. */
  up: () => Promise<readonly PartName[]>;
  /** Stops every part, the front first; `reset` also deletes data, logs and run files. Says what it did. */
  down: (options: {
    reset: boolean;
  }) => Promise<{ stopped: readonly PartName[]; deleted: readonly string[] }>;
  status: () => Promise<readonly PartStatus[]>;
  /** Those with which the parts that run were started; empty when none does. */
  portsInUse: () => Promise<Ports>;
  /** Hands over the last `lines` of each part's log, and with `follow` what comes, until interrupted. */
  logs: (
    parts: readonly PartName[],
    options: { lines: number; follow: boolean; onLine: (part: PartName, line: string) => void },
  ) => Promise<void>;
  /** Resolves when the part is ready, at once if it was. Refuses a service whose database is away, as `restart` does. */
  start: (part: PartName) => Promise<void>;
  /** Asks it to end, and after ten seconds makes it. */
  stop: (part: PartName) => Promise<void>;
  /** Ends it at once, with no chance to clean up. */
  kill: (part: PartName) => Promise<void>;
  /** Freezes it: it keeps its connections and answers nothing. */
  pause: (part: PartName) => Promise<void>;
  resume: (part: PartName) => Promise<void>;
  restart: (part: PartName) => Promise<void>;
};

/** What a command of the command line works with. */
export type Session = {
  settings: Settings;
  stack: Stack;
  /** Writes a line on stdout. */
  report: (line: string) => void;
};
