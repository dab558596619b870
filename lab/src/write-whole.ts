import { renameSync, rmSync, writeFileSync } from 'node:fs';

/** Writes a file whole, or leaves the one that is there. With `mode`, as of `chmod`. */
export function writeWhole(path: string, text: string, options: { mode?: number } = {}): void {
  const draft = `${path}.${process.pid}`;
  try {
    writeFileSync(draft, text, options);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
}
