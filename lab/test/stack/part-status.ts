import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openBrowser } from '../../../frontend/test/browser.ts';
import { findGrafana } from '../../src/native/grafana.ts';
import { isWanted, partNames } from '../../src/part-names.ts';
import type { Site } from './start-stack.ts';

/** Reads the state of each part from `./vitrine status`, and its exit status. */
export async function readStatus(site: Site) {
  const { status, stdout } = await site.vitrine('status');
  const rows = stdout.trim().split('\n').slice(1);
  const parts = rows.map((row) => row.split(/\s{2,}/));
  return { status, states: Object.fromEntries(parts.map(([part, state]) => [part, state])), stdout };
}

export async function stateOf(site: Site, part: string): Promise<string | undefined> {
  return (await readStatus(site)).states[part];
}

/** Reads what the console's first page says of telemetry that is not delivered. */
export async function readNotices({ ports }: Site): Promise<readonly string[]> {
  const page = await openBrowser(`http://127.0.0.1:${ports.console}`).open('/');
  return page.html.querySelectorAll('.notice').map(({ textContent }) => textContent);
}

export function pidOf(site: Site, part: string): number {
  return JSON.parse(readFileSync(join(site.home, 'run', `${part}.json`), 'utf8')).pid;
}

// Grafana is a part only where it is installed, and Alertmanager only where it is wanted.
// biome-ignore lint/style/noProcessEnv: the PATH that ./vitrine is run with
const hasGrafana = findGrafana(process.env.PATH ?? '') !== undefined;
export const ours = partNames.filter(
  (part) => isWanted(part, { ALERTING: 'off' }) && (part !== 'grafana' || hasGrafana),
);
export const everything = (state: string) => Object.fromEntries(ours.map((part) => [part, state]));
