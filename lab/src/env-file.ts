import { randomBytes } from 'node:crypto';
import { appendFileSync, chmodSync, existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/** Values by the variable's name, without variables that are unset or empty. */
export type Variables = Record<string, string>;

const heading = '# Written by ./vitrine; .env.example says what else can be set.\n';

/** The variables of the file at `path`; none when there is no such file. */
export function readEnvFile(path: string): Variables {
  return existsSync(path) ? withoutEmpty(parseEnv(readFileSync(path, 'utf8'))) : {};
}

/** Leaves out variables that are unset or empty. */
export function withoutEmpty(variables: NodeJS.Dict<string>): Variables {
  const set = Object.entries(variables).flatMap(([name, value]) => (value ? [[name, value] as const] : []));
  return Object.fromEntries(set);
}

/** A new secret for each of `names` that `known` lacks. */
export function missingSecrets(names: readonly string[], known: Variables): Variables {
  const missing = names.filter((name) => known[name] === undefined);
  return Object.fromEntries(missing.map((name) => [name, randomBytes(32).toString('base64url')]));
}

/** Appends lines to the file at `path`, changing none, and makes it readable for its owner only. */
export function appendToEnvFile(path: string, added: Variables): void {
  const lines = Object.entries(added).map(([name, value]) => `${name}=${value}\n`);
  if (lines.length === 0) return;
  const before = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  const start = before === undefined ? heading : before === '' || before.endsWith('\n') ? '' : '\n';
  appendFileSync(path, start + lines.join(''), { mode: 0o600 });
  chmodSync(path, 0o600);
}
