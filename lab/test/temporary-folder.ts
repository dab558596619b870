import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** An empty folder, deleted at the end of the test that asks for it, or at another end. */
export function temporaryFolder(onEnd: (work: () => void) => void = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-lab-'));
  onEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
