import { test as base } from 'vitest';
import { startStack } from './start-stack.ts';

/** A test with a `stack`: the whole shop, once a file. */
// biome-ignore lint/correctness/noEmptyPattern: vitest insists on a pattern
export const test = base.extend('stack', { scope: 'file' }, async ({}, { onCleanup }) => {
  const stack = await startStack();
  onCleanup(stack.stop);
  return stack;
});
