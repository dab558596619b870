import { LabError } from '../lab-error.ts';
import { poll } from '../poll.ts';
import type { Facts } from '../report/facts.ts';
import type { Check, Sight, Window } from './check.ts';

type Result = Facts['checks'][number];

export type Sighting = Facts['timeline'][number];

/** A part of the run: expectations are due so long after `startMs`. */
type Phase = {
  name: Result['phase'];
  startMs: number;
  /** When the fault was there. */
  fault?: Window;
};

export type Journal = {
  /** When each expectation was met. */
  sightings: readonly Sighting[];
  /** Says and keeps what was seen without being expected. */
  note: (what: string, source: Sighting['source']) => void;
  /** The traces in which expected spans were seen, without repetition. */
  traceIds: () => readonly string[];
  /** Looks for each expectation until it is met, or its time is over. */
  await: (checks: readonly Check[], phase: Phase, signal: AbortSignal) => Promise<readonly Result[]>;
};

const betweenMs = 1000;

/** Looks for what is expected, says so as soon as it was seen, and keeps when. */
export function createJournal(report: (line: string) => void): Journal {
  const sightings: Sighting[] = [];
  const found = new Set<string>();

  const awaitOne = async (
    check: Check,
    { name, startMs, fault }: Phase,
    signal: AbortSignal,
  ): Promise<Result> => {
    const { what, source, withinSeconds, isOfFault } = check;
    let lastSeen = '';
    const look = async () => {
      const window = isOfFault && fault ? fault : { startMs, endMs: Date.now() };
      const sight = await lookAt(check, window, found);
      lastSeen = sight.lastSeen;
      if (!sight.isMet) return undefined;
      // Log lines are looked for in the traces of the spans.
      if (source === 'jaeger') for (const id of sight.traceIds ?? []) found.add(id);
      return Date.now();
    };
    const limitMs = startMs + withinSeconds * 1000 - Date.now();
    const metMs = await poll(look, { intervalMs: betweenMs, limitMs, signal });
    const result = { phase: name, what, source, withinSeconds, lastSeen };
    if (metMs === undefined) {
      report(`  missed: ${what} (within ${withinSeconds} s). Last seen: ${lastSeen}.`);
      return { ...result, outcome: 'missed' };
    }
    sightings.push({ atMs: metMs, what, source });
    const afterSeconds = Math.round((metMs - startMs) / 100) / 10;
    report(`  after ${Math.round(afterSeconds)} s: ${what} (${source}).`);
    return { ...result, outcome: 'seen', afterSeconds };
  };

  return {
    sightings,
    note(what, source) {
      report(`  ${what} (${source}).`);
      sightings.push({ atMs: Date.now(), what, source });
    },
    traceIds: () => [...found],
    await: (checks, phase, signal) => Promise.all(checks.map((check) => awaitOne(check, phase, signal))),
  };
}

/** A backend that cannot be asked shows nothing, and says why. */
export async function lookAt(check: Check, window: Window, traceIds: ReadonlySet<string>): Promise<Sight> {
  try {
    return await check.look(window, traceIds);
  } catch (error) {
    if (error instanceof LabError) return { isMet: false, isUnknown: true, lastSeen: error.message };
    throw error;
  }
}
