import { chromium } from 'playwright-core';
import { findProgram } from './native/find-program.ts';

/*
 * Usage: npm run screenshot -- [address] [file]
 *
 * Takes the picture of the README: the home page of a running shop, in headless Chromium.
 */
const [address = 'http://127.0.0.1:5000', file = 'docs/shop.png'] = process.argv.slice(2);

// biome-ignore lint/style/noProcessEnv: PATH is needed to find a program
const executablePath = findProgram(['chromium', 'google-chrome'], process.env.PATH ?? '');
if (executablePath === undefined) throw new Error('No chromium on the PATH: npm test installs it.');
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
try {
  const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
  await page.goto(address);
  await page.screenshot({ path: file });
} finally {
  await browser.close();
}
