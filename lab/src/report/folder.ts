import { join } from 'node:path';

/** The folder of a report made at this time, which is told in UTC: `<home>/reports/20261127-235616-crash`. */
export function reportFolder(home: string, name: string, nowMs: number): string {
  const time = new Date(nowMs).toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return join(home, 'reports', `${time}-${name}`);
}
