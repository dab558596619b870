import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LabError } from '../lab-error.ts';

/**
 * Lets everybody read the files of this repository that docker-compose.yml mounts. Programs in containers are other
 * users than the owner of the files, and a clone under `umask 077` is closed to them. scripts/without-node.sh does the
 * same. Throws a LabError when the files belong to somebody else.
 */
export function openMounts(root: string): void {
  const compose = readFileSync(join(root, 'docker-compose.yml'), 'utf8');
  for (const [, mounted = ''] of compose.matchAll(/\.\/([^:" ]+):\//g)) {
    const path = join(root, mounted);
    const inside = statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: 'utf8' })
      : [];
    for (const each of [path, ...inside.map((name) => join(path, name))]) open(each);
  }
}

function open(path: string): void {
  const file = statSync(path);
  const needed = file.isDirectory() ? 0o055 : 0o044;
  if ((file.mode & needed) === needed) return;
  try {
    chmodSync(path, (file.mode | needed) & 0o7777);
  } catch (error) {
    throw new LabError(
      `The containers may not read ${path}, and neither may you change that: chmod -R go+rX`,
      {
        cause: error,
      },
    );
  }
}
