import { mkdirSync } from 'node:fs';
import { createDockerStack } from './compose/docker-stack.ts';
import { appendToEnvFile } from './env-file.ts';
import { refuseForeignHome, removeEmptyHome } from './home.ts';
import { type LockOwner, underLock } from './lock.ts';
import { chooseMode, type Mode } from './mode.ts';
import { createNativeStack } from './native/native-stack.ts';
import { refuseOtherPorts } from './other-ports.ts';
import { findPlaces, readSettings, type Settings } from './settings.ts';
import type { Session } from './stack.ts';

// biome-ignore lint/style/noProcessEnv: the only place where the lab reads it
const environment = process.env;

/** Runs a command that needs no running shop. */
export async function withSettings<Result>(
  work: (session: Omit<Session, 'stack'>) => Promise<Result>,
): Promise<Result> {
  return work({ settings: readSettings(findPlaces(environment), environment), report: writeLine });
}

/** Runs a command that only reads the stack. */
export async function withStack<Result>(
  signal: AbortSignal,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const places = findPlaces(environment);
  const mode = await chooseMode(places, environment);
  return work(await openSession(readSettings(places, environment), mode, signal));
}

/** Runs a command that changes the stack, one at a time under a lock; new secrets are saved in the .env first. */
export async function withLockedStack<Result>(
  signal: AbortSignal,
  work: (session: Session) => Promise<Result>,
  requested?: Mode,
): Promise<Result> {
  const places = findPlaces(environment);
  refuseForeignHome(places.home);
  mkdirSync(places.home, { recursive: true, mode: 0o700 });
  const onWait = ({ pid, command }: LockOwner) =>
    writeLine(`./vitrine ${command} (process ${pid}) is at work: waiting for it. Ctrl-C there ends it …`);
  const result = underLock(places.home, { onWait, signal }, async () => {
    // The mode is chosen under the lock: its previous owner may have started the shop in the other mode.
    const mode = await chooseMode(places, environment, requested);
    const settings = readSettings(places, environment);
    appendToEnvFile(places.envFile, settings.newSecrets);
    return work(await openSession(settings, mode, signal));
  });
  return result.finally(() => removeEmptyHome(places.home));
}

async function openSession(settings: Settings, mode: Mode, signal: AbortSignal): Promise<Session> {
  const create = mode === 'docker' ? createDockerStack : createNativeStack;
  const stack = create(settings, { report: writeLine, signal });
  refuseOtherPorts(settings, await stack.portsInUse());
  return { settings, stack, report: writeLine };
}

function writeLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
