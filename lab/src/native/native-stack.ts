import { emptyHome, openHome, readPorts, recordPorts } from '../home.ts';
import { LabError } from '../lab-error.ts';
import { followLines, lastLines } from '../log-file.ts';
import { databaseAway, notPaused, notRunning } from '../part-messages.ts';
import type { PartName } from '../part-names.ts';
import { createParts } from '../parts.ts';
import type { Settings } from '../settings.ts';
import type { PartStatus, Stack } from '../stack.ts';
import { refuseTakenPorts } from '../taken-ports.ts';
import { createBackends } from './backends/backends.ts';
import { bringUp, portsOf } from './bring-up.ts';
import type { DatabaseEngine } from './database-engine.ts';
import { type NativePart, nativePart } from './native-part.ts';
import { build, type Conversation, requireDatabaseEngine } from './preflight.ts';
import { stopPart, takeDown } from './take-down.ts';

/** `wanted`, which are all parts if not said, as plain processes of this machine. Nothing but them stays behind: there is no supervisor. */
export function createNativeStack(
  settings: Settings,
  conversation: Conversation,
  wanted = createParts(settings),
): Stack {
  const { report, signal } = conversation;
  let engine: Promise<DatabaseEngine> | undefined;
  const findEngine = () => {
    engine ??= requireDatabaseEngine(settings, conversation);
    return engine;
  };
  const programs = { findEngine, backends: createBackends(settings, conversation) };
  const parts = wanted.map((part) => nativePart(part, settings, programs));

  const find = (name: PartName): NativePart => {
    const found = parts.find(({ part }) => part.name === name);
    if (found) return found;
    throw new LabError(`${name} is not part of the native stack.`);
  };

  const prepare = async (missing: readonly NativePart[]) => {
    openHome(settings.home);
    recordPorts(settings.home, settings.ports);
    if (missing.some(({ part }) => part.kind === 'database')) await findEngine();
    const services = missing.filter(({ part }) => part.kind === 'service').map(({ part }) => part.name);
    if (services.length > 0) await build(settings, services, conversation);
  };

  /** Gets the program of `one` here if it is not; throws a LabError when it cannot be had. */
  const obtain = async ({ part, absence }: NativePart) => {
    const absent = await absence();
    if (absent && !absent.obtain) throw new LabError(`${part.name} cannot be started: ${absent.why}.`);
    await absent?.obtain?.();
  };

  const refuseWithoutDatabase = ({ part: { name, kind, needs } }: NativePart) => {
    if (kind !== 'service') return;
    const databases = parts.filter(({ part }) => part.kind === 'database' && needs.includes(part.name));
    for (const { part, process } of databases) {
      const now = process.readState();
      if (now.state !== 'running') throw databaseAway(name, part.name, 'not running');
      if (now.process.isPaused) throw databaseAway(name, part.name, 'paused');
    }
  };

  const start = async (one: NativePart): Promise<readonly NativePart[]> => {
    if (!isRunning(one)) await obtain(one);
    return bringUp([one], prepare, conversation);
  };

  /** Those of `parts` that run or can be had. */
  const findAvailable = async () => {
    const absences = await Promise.all(parts.map((one) => (isRunning(one) ? undefined : one.absence())));
    return parts.filter((_, index) => absences[index] === undefined || absences[index].obtain);
  };

  const signalRunning = (name: PartName, signalName: NodeJS.Signals) => {
    if (!find(name).process.send(signalName)) throw notRunning(name);
  };

  return {
    async up() {
      const available = await findAvailable();
      await refuseTakenPorts(portsOf(available.filter((one) => !isRunning(one))));
      const started = await bringUp(available.filter(isOfShop), prepare, conversation);
      const others = available.filter((one) => !isOfShop(one));
      const { address } = find('frontend').part;
      if (!others.every(isRunning)) report(`The shop is open: ${address}. What looks into it comes next.`);
      const outcomes = await Promise.allSettled(
        others.map(async (one) => {
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
        throw new LabError(`${messages.join('\n\n')}\n\nThe shop is open all the same: ${address}`);
      }
      return started.map(({ part }) => part.name);
    },
    async down({ reset }) {
      const running = parts.filter(isRunning);
      await takeDown(parts, report);
      return {
        stopped: running.map(({ part }) => part.name),
        deleted: reset ? emptyHome(settings.home) : [],
      };
    },
    status: () => Promise.all(parts.map(statusOf)),
    portsInUse: async () => (parts.some(isRunning) ? readPorts(settings.home) : {}),
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
      signalRunning(name, 'SIGKILL');
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
      await prepare([part]);
      await obtain(part);
      // While the old one still runs.
      await part.check(signal);
      await stopPart(part, report);
      await bringUp([part], async () => undefined, conversation);
    },
  };
}

function isRunning({ process }: NativePart): boolean {
  return process.readState().state === 'running';
}

/** What a customer needs; everything else looks at it. */
function isOfShop({ part: { kind } }: NativePart): boolean {
  return kind === 'service' || kind === 'database';
}

async function statusOf({ part, process, absence, whyNotReady }: NativePart): Promise<PartStatus> {
  const { name, address } = part;
  const now = process.readState();
  const absent = now.state === 'running' ? undefined : await absence();
  if (absent) return { part: name, address, state: 'unavailable', detail: absent.why };
  if (now.state === 'none') return { part: name, address, state: 'stopped' };
  if (now.state === 'ended') return { part: name, address, state: 'ended', detail: now.how };
  const { pid, isPaused, residentBytes } = now.process;
  const running = { part: name, address, pid, residentBytes, startedAt: now.startedAt };
  if (isPaused) return { ...running, state: 'paused' };
  const why = await whyNotReady();
  return why === undefined ? { ...running, state: 'ready' } : { ...running, state: 'not ready', detail: why };
}
