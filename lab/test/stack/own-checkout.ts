import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { temporaryFolder } from '../temporary-folder.ts';
import { prepareSite, root } from './start-stack.ts';

/**
 * A site of a `checkout` of its own, in which nothing runs; `edit` changes the collector's configuration as it was. All of
 * it is gone at the end of the test, or at another end.
 */
export async function prepareCheckout(onEnd: (work: () => void | Promise<void>) => void = onTestFinished) {
  const checkout = temporaryFolder(onEnd);
  const isOurs = (path: string) => !/\/(?:node_modules|dist|\.git|\.vitrine|\.env)$/.test(path);
  cpSync(root, checkout, { recursive: true, verbatimSymlinks: true, filter: isOurs });
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'));
  const site = await prepareSite({}, checkout);
  onEnd(site.stop);
  const file = join(checkout, 'otel-collector-config.yaml');
  const original = readFileSync(file, 'utf8');
  const edit = (...changes: readonly (readonly [before: RegExp, after: string])[]) => {
    for (const [before] of changes) expect(original).toMatch(before);
    const edited = changes.reduce((text, [before, after]) => text.replace(before, after), original);
    writeFileSync(file, edited);
  };
  return { site, checkout, edit };
}
