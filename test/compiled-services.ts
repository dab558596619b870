import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
// By its path: nothing is compiled yet.
import { SERVICES } from '../service-kit/src/registry/declaration.ts';

/** Global setup: compiles the services, once for all tests that start them as processes of their own. */
export function setup(): void {
  const root = join(__dirname, '..');
  const tsc = join(root, 'node_modules/.bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-b', ...SERVICES], {
    ...{ cwd: root, encoding: 'utf8' },
  });
  if (status !== 0) throw new Error(`The services do not compile:\n${stdout}`);
}
