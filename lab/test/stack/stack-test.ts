import { test as base } from 'vitest';
import { type Site, startStack } from './start-stack.ts';

/** The shop of this worker of vitest, once a file has asked for it. */
let open: Promise<Site> | undefined;

/**
 * A test with a `stack`: a whole shop that files use one after another, and that each finds as it is after `up`. What a
 * test takes away, it brings back. The log level is the one that says most.
 */
export const test = base
  // biome-ignore lint/correctness/noEmptyPattern: vitest insists on a pattern
  .extend('shopOfWorker', { scope: 'worker' }, ({}, { onCleanup }) => {
    // Every test that extends this one has a worker's scope of its own, and the shop is for all of them.
    open ??= startStack({ LOG_LEVEL: 'trace' }).then((stack) => {
      onCleanup(stack.stop);
      return stack;
    });
    return open;
  })
  .extend('stack', { scope: 'file' }, async ({ shopOfWorker: shop }) => {
    const { status, stdout, stderr } = await shop.vitrine('up');
    if (status !== 0) throw new Error(`The shop is not whole any more:\n${stdout}${stderr}`);
    return shop;
  });
