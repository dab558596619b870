import { chromium } from 'playwright-core';
import { findProgram } from '../../src/native/find-program.ts';
import { test as base } from './stack-test.ts';

const chromiumArguments = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
  ...['--disable-background-networking', '--disable-component-update'],
];

// biome-ignore lint/style/noProcessEnv: where programs are, as whoever runs the tests has it
const searchPath = process.env.PATH ?? '';

/** A test with a `stack` and a real `browser`. */
// biome-ignore lint/correctness/noEmptyPattern: vitest insists on a pattern
export const test = base.extend('browser', { scope: 'file' }, async ({}, { onCleanup }) => {
  const executablePath = findProgram(['chromium', 'chromium-browser', 'google-chrome'], searchPath);
  if (executablePath === undefined)
    throw new Error('This test needs Chromium: run npm test, which installs it.');
  const browser = await chromium.launch({ executablePath, args: chromiumArguments });
  onCleanup(() => browser.close());
  return browser;
});
