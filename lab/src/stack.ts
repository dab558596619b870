import type { PartName, ServiceName } from './part-names.ts';
import type { Settings } from './settings.ts';
import type { Mode } from './shop-record.ts';

export type PartStatus = {
  part: PartName;
  /**
   * `ended`: by itself or by a signal that `stop` did not send; `unavailable`: its program is missing; `being compiled`: so
   * it is, but soon it will not be.
   */
  state: 'ready' | 'not ready' | 'paused' | 'stopped' | 'ended' | 'unavailable' | 'being compiled';
  /** Why it is not ready or not available, who compiles it, how it ended, or why its last restart failed. */
  detail?: string;
  address: string;
  pid?: number;
  residentBytes?: number;
  startedAt?: Date;
};

/**
 * The shop, in any mode. A part that was stopped or killed stays down until it is started. Every call throws a
 * LabError when it fails.
 */
export type Stack = {
  /** Starts every part that does not run; resolves to the names of the started parts when all are ready. */
  up: () => Promise<readonly PartName[]>;
  /** Stops every part, the frontend first; `reset` also deletes the data of this mode, logs and run files. */
  down: (options: {
    reset: boolean;
  }) => Promise<{ stopped: readonly PartName[]; deleted: readonly string[] }>;
  status: () => Promise<readonly PartStatus[]>;
  /** Passes the last `lines` of each part's log to `onLine`, and with `follow` every new line until interrupted. */
  logs: (
    parts: readonly PartName[],
    options: { lines: number; follow: boolean; onLine: (part: PartName, line: string) => void },
  ) => Promise<void>;
  /** Resolves when the part is ready. Like `restart`, throws for a service whose database does not run. */
  start: (part: PartName) => Promise<void>;
  /** Sends SIGTERM, and SIGKILL after ten seconds. */
  stop: (part: PartName) => Promise<void>;
  /** Sends SIGKILL. */
  kill: (part: PartName) => Promise<void>;
  /** Freezes the part: it keeps its connections and answers nothing. */
  pause: (part: PartName) => Promise<void>;
  resume: (part: PartName) => Promise<void>;
  /**
   * Replaces the part's process by a new one; what cannot start leaves the old one running. In native mode, a service that
   * runs answers requests all the while.
   */
  restart: (part: PartName) => Promise<void>;
  /** Where a service may have several replicas, each with fault switches of its own: resolves to their addresses. */
  replicaUrls?: (service: ServiceName) => Promise<readonly string[]>;
  /**
   * Where the shop has copies of dashboards and rules: resolves to a sentence for each that is not as in this repository.
   */
  outdated?: () => Promise<readonly string[]>;
};

/** The settings and the stack of one command. */
export type Session = {
  settings: Settings;
  mode: Mode;
  stack: Stack;
  /** Writes a line to stdout. */
  report: (line: string) => void;
};
