import { openBrowser } from '../../../frontend/test/browser.ts';
import type { Site } from './start-stack.ts';

/** What the console shows of the alerts that it got, the newest first. */
export async function receivedAlerts({ ports }: Site): Promise<string[]> {
  const page = await openBrowser(`http://127.0.0.1:${ports.console}`).open('/alerts');
  return page.html
    .querySelectorAll('tbody tr')
    .map((row) => row.querySelectorAll('th, td').slice(0, 2))
    .map((cells) => cells.map(({ textContent }) => textContent.replace(/\s+/g, ' ').trim()).join(': '));
}
