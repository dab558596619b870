import { join } from 'node:path';
import { LabError } from '../lab-error.ts';
import type { Progress } from '../progress.ts';
import type { Settings } from '../settings.ts';
import { type DatabaseEngine, findDatabaseEngine } from './database-engine.ts';
import { findProgram } from './find-program.ts';
import { runProgram } from './run-program.ts';

/** Throws a LabError on other systems: the state of processes is read from /proc. */
export function requireLinux(): void {
  if (process.platform === 'linux') return;
  throw new LabError(
    `The shop runs on Linux, and this is ${process.platform}: use a Linux machine, or a virtual one.`,
  );
}

/** Compiles the `services` that changed. Throws a LabError with the compiler's output. */
export async function build(
  settings: Settings,
  services: readonly string[],
  { report, signal }: Progress,
): Promise<void> {
  const compiler = join(settings.root, 'node_modules/typescript/bin/tsc');
  const notice = setTimeout(() => report('Compiling the services …'), 1000);
  const { status, output } = await runProgram(process.execPath, [compiler, '-b', ...services], {
    ...{ directory: settings.root, environment: settings.passedOn, signal },
  }).finally(() => clearTimeout(notice));
  if (status !== 0) throw new LabError(`The services do not compile:\n${output}`);
}

/** Finds the machine's database server, or installs one where apt-get and root make that possible. */
export async function requireDatabaseEngine(settings: Settings, progress: Progress): Promise<DatabaseEngine> {
  const searchPath = settings.passedOn.PATH ?? '';
  const found = await findDatabaseEngine(searchPath);
  if (found) return found;

  const apt = findProgram(['apt-get'], searchPath);
  if (apt === undefined || process.getuid?.() !== 0) throw new LabError(howToInstall(searchPath));
  await installByApt(apt, settings, progress);
  const installed = await findDatabaseEngine(searchPath);
  if (installed) return installed;
  throw new LabError(`apt-get installed mariadb-server-core, but there is no mariadbd in ${searchPath}.`);
}

/** Installs mariadb-server-core, the server alone, which starts no system service. */
async function installByApt(apt: string, settings: Settings, { report, signal }: Progress): Promise<void> {
  report('Installing a database server (mariadb-server-core) with apt-get …');
  const environment = { ...settings.passedOn, DEBIAN_FRONTEND: 'noninteractive' };
  const run = (...args: string[]) => runProgram(apt, args, { directory: '/', environment, signal });
  await run('update');
  const { status, output } = await run('install', '-y', '--no-install-recommends', 'mariadb-server-core');
  if (status !== 0) throw new LabError(`apt-get could not install mariadb-server-core:\n${output}`);
}

function howToInstall(searchPath: string): string {
  const ways: Record<string, string> = {
    'apt-get': 'sudo apt-get install mariadb-server-core',
    dnf: 'sudo dnf install mariadb-server',
  };
  const way = Object.entries(ways).find(([tool]) => findProgram([tool], searchPath))?.[1];
  const what = 'The shop needs a database server, and there is neither mariadbd nor mysqld here.';
  return way ? `${what} Install one, then try again:\n  ${way}` : `${what} Install MariaDB, then try again.`;
}
