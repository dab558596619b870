import { emptyHome, openHome } from '../home.ts';
import { LabError } from '../lab-error.ts';
import { followLines, lastLines } from '../log-file.ts';
import type { PartName } from '../part-names.ts';
import { createParts } from '../parts.ts';
import type { Settings } from '../settings.ts';
import type { PartStatus, Stack } from '../stack.ts';
import { bringUp } from './bring-up.ts';
import type { DatabaseEngine } from './database-engine.ts';
import { type NativePart, nativePart } from './native-part.ts';
import { build, type Conversation, requireDatabaseEngine } from './preflight.ts';
import { stopPart, takeDown } from './take-down.ts';

/** The stack as plain processes of this machine. Nothing but them stays behind: there is no supervisor. */
export function createNativeStack(settings: Settings, conversation: Conversation): Stack {
  const { report, signal } = conversation;
  let engine: Promise<DatabaseEngine> | undefined;
  const findEngine = () => {
    engine ??= requireDatabaseEngine(settings, conversation);
    return engine;
  };
  const parts = createParts(settings).map((part) => nativePart(part, settings, findEngine));

  const find = (name: PartName): NativePart => {
    const found = parts.find(({ part }) => part.name === name);
    if (found) return found;
    throw new LabError(`${name} is not part of the native stack.`);
  };

  const prepare = async (missing: readonly NativePart[]) => {
    openHome(settings.home);
    const services = missing.filter(({ part }) => part.kind === 'service').map(({ part }) => part.name);
    if (services.length < missing.length) await findEngine();
    if (services.length > 0) await build(settings, services, conversation);
  };

  const start = async (name: PartName) => {
    await bringUp([find(name)], prepare, conversation);
  };

  const signalRunning = (name: PartName, signalName: NodeJS.Signals) => {
    if (find(name).process.send(signalName)) return;
    throw new LabError(`${name} is not running; ./vitrine start ${name} starts it.`);
  };

  return {
    async up() {
      const started = await bringUp(parts, prepare, conversation);
      return started.map(({ part }) => part.name);
    },
    async down({ reset }) {
      const running = parts.filter(({ process }) => process.readState().state === 'running');
      await takeDown(parts, report);
      return {
        stopped: running.map(({ part }) => part.name),
        deleted: reset ? emptyHome(settings.home) : [],
      };
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
    start,
    stop: (name) => stopPart(find(name), report),
    async kill(name) {
      signalRunning(name, 'SIGKILL');
      await find(name).process.kill();
    },
    pause: async (name) => signalRunning(name, 'SIGSTOP'),
    resume: async (name) => signalRunning(name, 'SIGCONT'),
    async restart(name) {
      const part = find(name);
      await prepare([part]);
      await stopPart(part, report);
      await bringUp([part], async () => undefined, conversation);
    },
  };
}

async function statusOf({ part, process, whyNotReady }: NativePart): Promise<PartStatus> {
  const { name, address } = part;
  const now = process.readState();
  if (now.state === 'none') return { part: name, address, state: 'stopped' };
  if (now.state === 'ended') return { part: name, address, state: 'ended', detail: now.how };
  const { pid, isPaused, residentBytes } = now.process;
  const running = { part: name, address, pid, residentBytes, startedAt: now.startedAt };
  if (isPaused) return { ...running, state: 'paused' };
  const why = await whyNotReady();
  return why === undefined ? { ...running, state: 'ready' } : { ...running, state: 'not ready', detail: why };
}
