import { mkdirSync } from 'node:fs';
import { appendToEnvFile } from './env-file.ts';
import { refuseForeignHome } from './home.ts';
import { underLock } from './lock.ts';
import { createNativeStack } from './native/native-stack.ts';
import { findPlaces, readSettings, type Settings } from './settings.ts';
import type { Stack } from './stack.ts';

/** What a command of the command line works with. */
export type Session = {
  settings: Settings;
  stack: Stack;
  /** Writes a line on stdout. */
  report: (line: string) => void;
};

/** For commands that only look: changes nothing. */
export async function look<Result>(
  signal: AbortSignal,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  // biome-ignore lint/style/noProcessEnv: the lab's one reading of it
  const environment = process.env;
  return work(createSession(readSettings(findPlaces(environment), environment), signal));
}

/** For commands that change the stack: one at a time, with the secrets kept for the next. */
export async function change<Result>(
  signal: AbortSignal,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  // biome-ignore lint/style/noProcessEnv: as above
  const environment = process.env;
  const places = findPlaces(environment);
  refuseForeignHome(places.home);
  mkdirSync(places.home, { recursive: true, mode: 0o700 });
  const onWait = (pid: number) => say(`Another ./vitrine (process ${pid}) is at work: waiting for it …`);
  return underLock(places.home, { onWait, signal }, () => {
    const settings = readSettings(places, environment);
    appendToEnvFile(places.envFile, settings.newSecrets);
    return work(createSession(settings, signal));
  });
}

function createSession(settings: Settings, signal: AbortSignal): Session {
  return { settings, stack: createNativeStack(settings, { report: say, signal }), report: say };
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
