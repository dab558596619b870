import { availableParallelism } from 'node:os';
import { type ProgramName, programs } from './programs.ts';

const noticeMs = 10_000;

/** Linking, and the longest chain of packages that need each other, keep one core busy, however many there are. */
const serialShare = 0.2;

/** Cores that are twice as fast as expected are plausible; what is faster was in Go's cache, which says nothing of the rest. */
const leastPace = 0.5;

/** The programs of the way of a trace. */
const firstTrace: readonly ProgramName[] = ['otelcol', 'jaeger'];

/**
 * Reports when the compilation of a program begins, every ten seconds that it goes on, and how long it will take: what it
 * took on two idle cores, on as many cores as there are here, and as much faster or slower as the programs before it.
 */
export function compileProgress(report: (line: string) => void) {
  let running: { name: ProgramName; sinceMs: number; timer: NodeJS.Timeout } | undefined;
  const past = { seconds: 0, expected: 0 };

  const pace = () => (past.expected > 0 ? Math.max(leastPace, past.seconds / past.expected) : 1);
  const estimate = (name: ProgramName) => Math.round(expectedSeconds(name) * pace());
  const elapsedSeconds = () => (running ? (Date.now() - running.sinceMs) / 1000 : 0);
  const notice = () => {
    if (running === undefined) return;
    const { name } = running;
    report(`  … compiling ${name} (${Math.round(elapsedSeconds())} s of about ${estimate(name)})`);
  };

  return {
    /** Says what will be compiled, in this order, and how long that takes; also how long it takes to the first trace. */
    forecast(names: readonly ProgramName[]): string {
      const total = (some: readonly ProgramName[]) =>
        some.reduce((sum, name) => sum + expectedSeconds(name), 0);
      const toTrace = names.slice(0, 1 + names.findLastIndex((name) => firstTrace.includes(name)));
      const cores = availableParallelism();
      const until =
        toTrace.length === 0 || toTrace.length === names.length
          ? ''
          : `, and ${duration(total(toTrace))} until the first trace`;
      return `Compiling ${names.join(', ')} takes ${duration(total(names))} on ${cores === 1 ? 'one core' : `${cores} cores`}${until}, if the machine does nothing else.`;
    },
    begin(name: ProgramName): void {
      running = { name, sinceMs: Date.now(), timer: setInterval(notice, noticeMs) };
      report(`  compiling ${name} (about ${estimate(name)} s) …`);
    },
    /** Reports that what was begun is compiled, and how long it took. */
    done(): void {
      if (running === undefined) return;
      const { name } = running;
      const seconds = elapsedSeconds();
      past.seconds += seconds;
      past.expected += expectedSeconds(name);
      report(`  ${name} ${programs[name].version} is compiled (${Math.round(seconds)} s)`);
    },
    /** Ends the notices of what was begun. */
    end(): void {
      clearInterval(running?.timer);
      running = undefined;
    },
  };
}

/** The seconds that it takes to compile a program here, if this machine's cores are as fast as those of the measurement. */
function expectedSeconds(name: ProgramName): number {
  const { seconds } = programs[name];
  return seconds * (serialShare + ((1 - serialShare) * 2) / availableParallelism());
}

function duration(seconds: number): string {
  return seconds < 90 ? `about ${Math.round(seconds)} s` : `about ${Math.round(seconds / 60)} minutes`;
}
