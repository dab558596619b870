import { execFile, spawn } from 'node:child_process';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { LabError } from '../lab-error.ts';
import { findProgram } from './find-program.ts';

/** A database server program found on this machine. */
export type DatabaseEngine = { path: string; kind: 'mariadb' | 'mysql' };

/** MariaDB if there is one, else MySQL, from `searchPath` (a PATH) or the usual folders. */
export async function findDatabaseEngine(searchPath: string): Promise<DatabaseEngine | undefined> {
  const path = findProgram(['mariadbd', 'mysqld'], searchPath);
  if (path === undefined) return undefined;
  // The name is not enough: Debian's mysqld is a link to mariadbd.
  const { stdout } = await promisify(execFile)(path, ['--no-defaults', '--version']);
  return { path, kind: stdout.includes('MariaDB') ? 'mariadb' : 'mysql' };
}

/** Both servers refuse to run as root without this option. */
export function runAsArguments(): string[] {
  return process.getuid?.() === 0 ? ['--user=root'] : [];
}

/**
 * Creates an empty data directory at `directory`, which must not exist, in a folder that must. No account in it can log
 * in over TCP. An interruption leaves nothing at `directory`. `scratch`, for temporary files, must belong to this
 * server alone: at its start the server deletes every temporary file there.
 */
export async function createDataDirectory(
  engine: DatabaseEngine,
  { directory, scratch }: { directory: string; scratch: string },
  signal?: AbortSignal,
): Promise<void> {
  const draft = `${directory}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  const places = [`--datadir=${draft}`, `--tmpdir=${scratch}`];
  if (engine.kind === 'mysql') await run(engine, [...places, '--initialize-insecure'], [], signal);
  else await bootstrapMariaDb(engine, places, signal);
  await rename(draft, directory);
}

/**
 * Does what mariadb-install-db does, without the help texts and the sys schema. The script itself cannot be used: it
 * needs my_print_defaults, which Debian packages with the client, and it splits paths at spaces.
 */
async function bootstrapMariaDb(
  engine: DatabaseEngine,
  places: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const share = await shareDirectory(engine);
  const scripts = ['system_tables', 'performance_tables', 'system_tables_data'].map((name) => {
    const names = [`mariadb_${name}.sql`, `mysql_${name}.sql`];
    const path = names.map((file) => join(share, file)).find(existsSync);
    if (path === undefined) throw new LabError(`${engine.path} lacks ${names.join(' or ')} in ${share}`);
    return path;
  });
  const options = ['--bootstrap', '--silent-startup', '--log-warnings=0', '--enforce-storage-engine='];
  await run(engine, [...places, '--innodb-log-file-size=16M', ...options], scripts, signal);
}

/** The folder of the server's own SQL scripts, which is the parent of its character sets. */
async function shareDirectory(engine: DatabaseEngine): Promise<string> {
  const { stdout } = await promisify(execFile)(engine.path, ['--no-defaults', '--verbose', '--help']);
  const charsets = /^character-sets-dir\s+(\S.*?)\/?$/m.exec(stdout)?.[1];
  if (charsets === undefined) throw new LabError(`${engine.path} does not say where its scripts are`);
  return dirname(charsets);
}

/** Runs the server to its end on the statements of `scripts`; throws a LabError with its error output when it fails. */
async function run(
  engine: DatabaseEngine,
  options: readonly string[],
  scripts: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const server = spawn(engine.path, ['--no-defaults', ...runAsArguments(), ...options], {
    stdio: ['pipe', 'ignore', 'pipe'],
    ...(signal && { signal }),
  });
  const errorOutput = text(server.stderr);
  const ended = new Promise<number | null>((resolve, reject) =>
    server.on('error', reject).on('close', resolve),
  );
  const inputWritten = pipeline(() => bootstrapStatements(scripts), server.stdin);
  const [end, input] = await Promise.allSettled([ended, inputWritten]);
  if (end.status === 'rejected') throw end.reason;
  if (end.value !== 0)
    throw new LabError(`${engine.path} could not make its data directory:\n${await errorOutput}`);
  if (input.status === 'rejected') throw input.reason;
}

async function* bootstrapStatements(scripts: readonly string[]): AsyncGenerator<string | Buffer> {
  if (scripts.length === 0) return;
  // This variable makes the scripts create root@localhost only, and no account without a password.
  yield "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket='root';\n";
  for (const script of scripts) yield* createReadStream(script);
}
