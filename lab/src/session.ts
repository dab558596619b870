import { mkdirSync } from 'node:fs';
import { createDockerStack } from './compose/docker-stack.ts';
import { appendToEnvFile } from './env-file.ts';
import { refuseForeignHome, removeEmptyHome } from './home.ts';
import { asTyped, type Cluster, chosenCluster } from './kubernetes/cluster.ts';
import { clusterPlaces, withCluster } from './kubernetes/with-cluster.ts';
import { LabError } from './lab-error.ts';
import { type LockOwner, underLock } from './lock.ts';
import { type Choice, chooseMode, runsNatively } from './mode.ts';
import { createNativeStack } from './native/native-stack.ts';
import { refuseOtherPlace } from './other-place.ts';
import { findPlaces, type Places, readSettings, type Settings } from './settings.ts';
import { type Mode, type OwnMode, readShopRecord, restoreShopRecord } from './shop-record.ts';
import type { Session, Stack } from './stack.ts';

// biome-ignore lint/style/noProcessEnv: the only place where the lab reads it
const environment = process.env;

/** Runs a command that needs no running shop. */
export async function withSettings<Result>(
  work: (session: Pick<Session, 'settings' | 'report'>) => Promise<Result>,
): Promise<Result> {
  const settings = readSettings(findPlaces(environment), environment);
  const cluster = chosenCluster();
  if (cluster === undefined) return work({ settings, report: writeLine });
  const places = await clusterPlaces(cluster, settings, environment, new AbortController().signal);
  return work({ settings: { ...settings, ...places }, report: writeLine });
}

/** Runs a command that reads the stack, or changes it under {@link underShopLock}. */
export async function withStack<Result>(
  signal: AbortSignal,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const places = findPlaces(environment);
  const cluster = chosenCluster();
  if (cluster) return inCluster(cluster, { places, signal, isExpected: true }, work);
  return work(openSession(places, await chooseMode(places, environment), signal));
}

/** Runs a command that changes the stack, one at a time under a lock; new secrets are saved in the .env first. */
export async function withLockedStack<Result>(
  signal: AbortSignal,
  work: (session: Session) => Promise<Result>,
  requested?: OwnMode,
): Promise<Result> {
  const places = findPlaces(environment);
  const cluster = chosenCluster();
  if (cluster)
    return inCluster(cluster, { places, signal, isExpected: false }, (session) => {
      const { home } = session.settings;
      return underShopLock(home, signal, () => work(session)).finally(() => removeEmptyHome(home));
    });
  refuseForeignHome(places.home);
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
  mkdirSync(home, { recursive: true, mode: 0o700 });
  return underLock(home, { onWait, signal }, work);
}

/** Runs a command on a cluster; with `isExpected`, one that needs a shop there. */
async function inCluster<Result>(
  cluster: Cluster,
  { places, signal, isExpected }: { places: Places; signal: AbortSignal; isExpected: boolean },
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const own = await clusterPlaces(cluster, places, environment, signal);
  return withCluster(cluster, own, environment, { report: writeLine, signal, isExpected }, work);
}

function openSession(places: Places, { mode, running }: Choice, signal: AbortSignal): Session {
  if (running) refuseOtherPlace(readSettings(places, environment), environment, running);
  const settings = readSettings(places, environment, running);
  return { settings, mode, stack: openStack(mode, settings, signal), report: writeLine };
}

export function openStack(mode: Mode, settings: Settings, signal: AbortSignal): Stack {
  if (mode === 'kubernetes')
    throw new LabError('This works on a shop of this machine only: leave --kubernetes out.');
  const create = mode === 'docker' ? createDockerStack : createNativeStack;
  return create(settings, { report: writeLine, signal });
}

function writeLine(line: string): void {
  process.stdout.write(`${asTyped(line)}\n`);
}
