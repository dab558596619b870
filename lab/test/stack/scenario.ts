import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { factsSchema } from '../../src/report/facts.ts';
import { root, type Site } from './start-stack.ts';

/** The facts of the newest report of a scenario. */
export function readFacts({ home }: Site, name: string) {
  const folder = join(home, 'reports');
  const newest = readdirSync(folder)
    .filter((one) => one.endsWith(`-${name}`))
    .toSorted()
    .at(-1);
  if (newest === undefined) throw new Error(`There is no report of ${name}.`);
  return factsSchema.parse(JSON.parse(readFileSync(join(folder, newest, 'report.json'), 'utf8')));
}

/** Starts a scenario and resolves once it has printed a line with `text`. */
export function startScenario(site: Site, name: string, text: string) {
  return startCommand(site, ['scenario', name, '--fast'], text);
}

/** Starts a command and resolves once it has printed a line with `text`; it is killed when the test ends. */
export async function startCommand({ environment }: Site, args: readonly string[], text: string) {
  const child = spawn(join(root, 'vitrine'), args, {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text;
  });
  const ended = once(child, 'close').then(([status]) => Number(status));
  const lines = createInterface({ input: child.stdout });
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => line.includes(text) && resolve());
    ended.then((status) => reject(new Error(`${args[0]} ended with ${status} before it said ${text}.`)));
  });
  /** What it has written to stderr. */
  const said = () => errors;
  return { child, ended, said };
}
