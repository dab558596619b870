import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

// Database servers are in sbin, which a normal user's PATH leaves out.
const extraFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** The full path of the first of `names` that is executable, from `searchPath` (a PATH) or the usual folders. */
export function findProgram(names: readonly string[], searchPath: string): string | undefined {
  const folders = [...searchPath.split(delimiter), ...extraFolders].filter((folder) => folder !== '');
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
