import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Places } from './settings.ts';
import { readShopRecord } from './shop-record.ts';

export type Home = Pick<Places, 'root' | 'home'>;

export function isDefaultHome({ root, home }: Home): boolean {
  return home === join(root, '.vitrine');
}

/** The shop's folder: its home, or the clone when the home is at its usual place there. */
export function presentFolder(places: Home): string {
  return isDefaultHome(places) ? places.root : places.home;
}

/** The folder by which Docker knows this shop. When it was moved since the first start, it is the folder of that time. */
export function ownFolder(places: Home): string {
  const present = presentFolder(places);
  const { folder = present } = readShopRecord(places.home) ?? {};
  return isGone(folder) ? folder : present;
}

/** Whether there is no such path. One that this user may not see counts as there. */
export function isGone(path: string): boolean {
  try {
    statSync(path);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR'].includes(String(error.code));
  }
}
