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

// biome-ignore lint/style/noProcessEnv: the lab's one reading of it
const environment = process.env;

/** For commands that have nothing to do with a shop that runs. */
export async function withoutStack<Result>(
  work: (session: Omit<Session, 'stack'>) => Promise<Result>,
): Promise<Result> {
  return work({ settings: readSettings(findPlaces(environment), environment), report: say });
}

/** For commands that only look: changes nothing. */
export async function look<Result>(
  signal: AbortSignal,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const places = findPlaces(environment);
  const mode = await chooseMode(places, environment);
  return work(await openSession(readSettings(places, environment), mode, signal));
}

/** For commands that change the stack, in the mode `asked` for: one at a time, with the secrets kept for the next. */
export async function change<Result>(
  signal: AbortSignal,
  work: (session: Session) => Promise<Result>,
  asked?: Mode,
): Promise<Result> {
  const places = findPlaces(environment);
  refuseForeignHome(places.home);
  mkdirSync(places.home, { recursive: true, mode: 0o700 });
  const onWait = ({ pid, command }: LockOwner) =>
    say(`./vitrine ${command} (process ${pid}) is at work: waiting for it. Ctrl-C there ends it …`);
  const result = underLock(places.home, { onWait, signal }, async () => {
    // Not before: who had the lock may have started the shop in the other mode.
    const mode = await chooseMode(places, environment, asked);
    const settings = readSettings(places, environment);
    appendToEnvFile(places.envFile, settings.newSecrets);
    return work(await openSession(settings, mode, signal));
  });
  return result.finally(() => removeEmptyHome(places.home));
}

async function openSession(settings: Settings, mode: Mode, signal: AbortSignal): Promise<Session> {
  const create = mode === 'docker' ? createDockerStack : createNativeStack;
  const stack = create(settings, { report: say, signal });
  refuseOtherPorts(settings, await stack.portsInUse());
  return { settings, stack, report: say };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
