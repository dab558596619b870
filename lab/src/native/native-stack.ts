import { isDeepStrictEqual } from 'node:util';
import { emptyHome, openHome } from '../home.ts';
import { LabError } from '../lab-error.ts';
import { followLines, lastLines } from '../log-file.ts';
import { databaseNotRunning, notAPart, notPaused, notRunning, runsAsBefore } from '../part-messages.ts';
import type { PartName } from '../part-names.ts';
import { createParts } from '../parts.ts';
import type { Progress } from '../progress.ts';
import type { Settings } from '../settings.ts';
import { isGone, ownFolder } from '../shop-folder.ts';
import { readShopRecord, recordShop } from '../shop-record.ts';
import type { PartStatus, Stack } from '../stack.ts';
import { refuseTakenPorts } from '../taken-ports.ts';
import { createBackends } from './backends/backends.ts';
import { bringUp, portsOf } from './bring-up.ts';
import type { DatabaseEngine } from './database-engine.ts';
import { handOver } from './hand-over.ts';
import { type NativePart, nativePart } from './native-part.ts';
import { build, requireDatabaseEngine } from './preflight.ts';
import { stopPart, takeDown } from './take-down.ts';
import { trialProcess, tryElsewhere } from './try-elsewhere.ts';

/** The stack as plain processes of this machine, with the parts `wanted` (by default all) and without a supervisor. */
export function createNativeStack(
  settings: Settings,
  progress: Progress,
  wanted = createParts(settings),
): Stack {
  const { report, signal } = progress;
  let engine: Promise<DatabaseEngine> | undefined;
  const findEngine = () => {
    engine ??= requireDatabaseEngine(settings, progress);
    return engine;
  };
  const programs = { findEngine, backends: createBackends(settings, progress) };
  const parts = wanted.map((part) => nativePart(part, settings, programs));

  const find = (name: PartName): NativePart => {
    const found = parts.find(({ part }) => part.name === name);
    if (found) return found;
    throw notAPart(name, 'part of the native stack');
  };

  const record = () =>
    recordShop(settings.home, { mode: 'native', folder: ownFolder(settings), ...settings.start });

  const isAsRecorded = () => {
    const { variables } = readShopRecord(settings.home) ?? settings.start;
    return isDeepStrictEqual(variables, settings.start.variables);
  };

  /** The settings of a start that finds parts running hold for what it starts, and are not remembered. */
  const prepare = async (missing: readonly NativePart[]) => {
    openHome(settings.home);
    if (!parts.some(isRunning)) record();
    if (missing.some(({ part }) => part.kind === 'database')) await findEngine();
    const services = missing.filter(({ part }) => part.kind === 'service').map(({ part }) => part.name);
    if (services.length > 0) await build(settings, services, progress);
  };

  /** Compiles the part's program when it is missing; throws a LabError when that is impossible. */
  const ensureProgram = async ({ part, missingProgram }: NativePart) => {
    const absent = await missingProgram();
    if (absent === undefined) return;
    if (!absent.program) throw new LabError(`${part.name} cannot be started: ${absent.why}.`);
    await programs.backends.compile(absent.program);
  };

  const refuseWithoutDatabase = ({ part: { name, kind, needs } }: NativePart) => {
    if (kind !== 'service') return;
    const databases = parts.filter(({ part }) => part.kind === 'database' && needs.includes(part.name));
    for (const { part, process } of databases) {
      const now = process.readState();
      if (now.state !== 'running') throw databaseNotRunning(name, part.name, 'not running');
      if (now.process.isPaused) throw databaseNotRunning(name, part.name, 'paused');
    }
  };

  const start = async (one: NativePart): Promise<readonly NativePart[]> => {
    if (!isRunning(one)) await ensureProgram(one);
    return bringUp([one], prepare, progress);
  };

  /** After a restart that failed: starts the part as it was ready last, if that is known. Throws the failure. */
  const goBack = async (one: NativePart, failure: unknown): Promise<never> => {
    if (!signal.aborted) one.fallback?.remember(failure);
    if (!isRunning(one)) {
      const command = await one.fallback?.prepare();
      if (command === undefined) throw failure;
      const before = { ...one, prepare: async () => command, afterStart: async () => {} };
      // After a Ctrl-C, too.
      await bringUp([before], async () => {}, { report, signal: new AbortController().signal });
    }
    throw isPaused(one) ? failure : runsAsBefore(one.part.name, failure);
  };

  /** The parts that run or can be started, each with the `program` that has to be compiled for it, if any. */
  const findAvailable = async () => {
    const each = parts.map(async (one) => ({
      one,
      absent: isRunning(one) ? undefined : await one.missingProgram(),
    }));
    return (await Promise.all(each)).flatMap(({ one, absent }) =>
      absent && !absent.program ? [] : [{ one, program: absent?.program }],
    );
  };

  const signalRunning = (name: PartName, signalName: NodeJS.Signals) => {
    if (!find(name).process.send(signalName)) throw notRunning(name);
  };

  return {
    async up() {
      const found = await findAvailable();
      const available = found.map(({ one }) => one);
      await refuseTakenPorts(portsOf(available.filter((one) => !isRunning(one))));
      if (available.some(isRunning) && !isAsRecorded())
        report(
          'What runs keeps the settings that it was started with: run ./stop.sh before you change them.',
        );
      const toCompile = found.flatMap(({ program }) => program ?? []);
      if (toCompile.length > 0) {
        report(programs.backends.forecast(toCompile));
        report('The shop opens before that, and each of these serves as soon as it is compiled.');
      }
      const started = await bringUp(available.filter(isShopPart), prepare, progress);
      const others = found.filter(({ one }) => !isShopPart(one));
      const { address } = find('frontend').part;
      if (!others.every(({ one }) => isRunning(one)))
        report(`The shop is open: ${address}. The telemetry backends start next.`);
      const outcomes = await Promise.allSettled(
        others.map(async ({ one, program }) => {
          // They are all asked for at once, in the order in which they are compiled.
          if (program) await programs.backends.compile(program);
          const [fresh] = await start(one);
          if (fresh === undefined) return;
          started.push(fresh);
          report(`  ${one.part.name} is ready`);
        }),
      );
      if (signal.aborted) {
        report('Stopping what was started …');
        await takeDown(started, report);
        signal.throwIfAborted();
      }
      const failures = outcomes.filter((outcome) => outcome.status === 'rejected');
      if (failures.length > 0) {
        const messages = failures.map(({ reason }) => (reason instanceof LabError ? reason.message : reason));
        throw new LabError(`${messages.join('\n\n')}\n\nThe shop itself is open: ${address}`);
      }
      return started.map(({ part }) => part.name);
    },
    async down({ reset }) {
      const running = parts.filter(isRunning);
      const trials = parts.filter(runsOurProgram).map((one) => ({
        ...one,
        process: trialProcess(one.part.name, settings.home),
      }));
      await takeDown([...trials, ...parts], report);
      const stopped = running.map(({ part }) => part.name);
      if (!reset) return { stopped, deleted: [] };
      const folder = ownFolder(settings);
      const deleted = emptyHome(settings.home);
      // The data in Docker of a home that was moved has the old folder in its name.
      if (isGone(folder)) recordShop(settings.home, { mode: 'docker', folder, ports: {}, variables: {} });
      return { stopped, deleted };
    },
    status: () => Promise.all(parts.map(statusOf)),
    async logs(names, { lines, follow, onLine }) {
      const files = names.map((name) => ({ name, path: find(name).process.logFile }));
      for (const { name, path } of files) {
        for (const line of lastLines(path, lines)) onLine(name, line);
      }
      if (!follow) return;
      await Promise.all(
        files.map(({ name, path }) => followLines(path, (line) => onLine(name, line), signal)),
      );
    },
    async start(name) {
      refuseWithoutDatabase(find(name));
      await start(find(name));
    },
    async stop(name) {
      if (!isRunning(find(name))) throw notRunning(name);
      await stopPart(find(name), report);
    },
    async kill(name) {
      if (!isRunning(find(name))) throw notRunning(name);
      await find(name).process.kill();
    },
    pause: async (name) => signalRunning(name, 'SIGSTOP'),
    async resume(name) {
      const now = find(name).process.readState();
      if (now.state === 'running' && !now.process.isPaused) throw notPaused(name);
      signalRunning(name, 'SIGCONT');
    },
    async restart(name) {
      const part = find(name);
      refuseWithoutDatabase(part);
      const wasRunning = isRunning(part);
      try {
        await prepare([part]);
        await ensureProgram(part);
        // What cannot start leaves the old process running.
        await part.check(signal);
        if (wasRunning && runsOurProgram(part)) await tryElsewhere(part, settings, programs, signal);
        if (wasRunning && !isPaused(part) && part.part.kind === 'service') {
          await handOver(part, progress);
          return;
        }
        await stopPart(part, report);
        await bringUp([part], async () => undefined, progress);
      } catch (error) {
        if (!wasRunning) throw error;
        await goBack(part, error);
      }
    },
  };
}

function isRunning({ process }: NativePart): boolean {
  return process.readState().state === 'running';
}

function isPaused({ process }: NativePart): boolean {
  const now = process.readState();
  return now.state === 'running' && now.process.isPaused;
}

/** Whether the part's program is of this repository. */
function runsOurProgram({ part: { kind, name } }: NativePart): boolean {
  return kind === 'service' || name === 'console';
}

/** Whether customers need the part; the others only observe the shop. */
function isShopPart({ part: { kind } }: NativePart): boolean {
  return kind === 'service' || kind === 'database';
}

async function statusOf(one: NativePart): Promise<PartStatus> {
  const { part, process, missingProgram, whyNotReady } = one;
  const { name, address } = part;
  const now = process.readState();
  const absent = now.state === 'running' ? undefined : await missingProgram();
  const lack = absent?.isUnderWay ? 'being compiled' : 'unavailable';
  if (absent) return { part: name, address, state: lack, detail: absent.why };
  const refusal = one.fallback?.why();
  const note = refusal === undefined ? {} : { detail: refusal };
  if (now.state === 'none') return { part: name, address, state: 'stopped', ...note };
  if (now.state === 'ended') return { part: name, address, state: 'ended', detail: now.how };
  const { pid, isPaused, residentBytes } = now.process;
  const running = { part: name, address, pid, residentBytes, startedAt: now.startedAt };
  if (isPaused) return { ...running, state: 'paused' };
  const why = await whyNotReady();
  return why === undefined
    ? { ...running, state: 'ready', ...note }
    : { ...running, state: 'not ready', detail: why };
}
