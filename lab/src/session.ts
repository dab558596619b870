import { mkdirSync } from 'node:fs';
import { createDockerStack } from './compose/docker-stack.ts';
import { appendToEnvFile } from './env-file.ts';
import { refuseForeignHome, removeEmptyHome } from './home.ts';
import { type LockOwner, underLock } from './lock.ts';
import { type Choice, chooseMode, runsNatively } from './mode.ts';
import { createNativeStack } from './native/native-stack.ts';
import { refuseOtherPlace } from './other-place.ts';
import { findPlaces, type Places, readSettings, type Settings } from './settings.ts';
import { type Mode, readShopRecord, restoreShopRecord } from './shop-record.ts';
import type { Session, Stack } from './stack.ts';

// biome-ignore lint/style/noProcessEnv: the only place where the lab reads it
const environment = process.env;

/** Runs a command that needs no running shop. */
export async function withSettings<Result>(
  work: (session: Pick<Session, 'settings' | 'report'>) => Promise<Result>,
): Promise<Result> {
  return work({ settings: readSettings(findPlaces(environment), environment), report: writeLine });
}

/** Runs a command that reads the stack, or changes it under {@link underShopLock}. */
export async function withStack<Result>(
  signal: AbortSignal,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const places = findPlaces(environment);
  return work(openSession(places, await chooseMode(places, environment), signal));
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
  const result = underShopLock(places.home, signal, async () => {
    // The mode is chosen under the lock: its previous owner may have started the shop in the other mode.
    const choice = await chooseMode(places, environment, requested);
    const before = readShopRecord(places.home);
    if (requested && before && before.mode !== requested) {
      writeLine(
        `The two modes have separate data; ./start.sh --${before.mode} opens that of the other again.`,
      );
    }
    const session = openSession(places, choice, signal);
    appendToEnvFile(places.envFile, session.settings.newSecrets);
    return work(session).catch((error) => {
      // A start that failed is not remembered, unless it left the shop open.
      try {
        if (choice.running || !runsNatively(places)) restoreShopRecord(places.home, before);
      } catch {
        // The failure of the start says more: a full disk, for instance, fails both.
      }
      throw error;
    });
  });
  return result.finally(() => removeEmptyHome(places.home));
}

/** Does the work while no other command changes the stack. */
export function underShopLock<Result>(
  home: string,
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  const onWait = ({ pid, command }: LockOwner) =>
    writeLine(`./vitrine ${command} (process ${pid}) is at work: waiting for it. Ctrl-C there ends it …`);
  return underLock(home, { onWait, signal }, work);
}

function openSession(places: Places, { mode, running }: Choice, signal: AbortSignal): Session {
  if (running) refuseOtherPlace(readSettings(places, environment), environment, running);
  const settings = readSettings(places, environment, running);
  return { settings, mode, stack: openStack(mode, settings, signal), report: writeLine };
}

export function openStack(mode: Mode, settings: Settings, signal: AbortSignal): Stack {
  const create = mode === 'docker' ? createDockerStack : createNativeStack;
  return create(settings, { report: writeLine, signal });
}

function writeLine(line: string): void {
  process.stdout.write(`${line}\n`);
}
