import type { Part } from '../part.ts';
import type { NativePart } from './native-part.ts';

/** Stops `parts`: each before the parts that it needs, independent ones at the same time. */
export async function takeDown(parts: readonly NativePart[], report: (line: string) => void): Promise<void> {
  let remaining = parts;
  while (remaining.length > 0) {
    const needed = new Set(remaining.flatMap(({ part }) => part.needs));
    const next = remaining.filter(({ part }) => !needed.has(part.name));
    await Promise.all(next.map((one) => stopPart(one, report)));
    remaining = remaining.filter((one) => !next.includes(one));
  }
}

export async function stopPart({ part, process }: NativePart, report: (line: string) => void): Promise<void> {
  const { hadToBeKilled } = await process.stop();
  if (hadToBeKilled) reportKilled(part, report);
}

export function reportKilled({ name }: Part, report: (line: string) => void): void {
  report(`  ${name} did not stop within 10 s and was killed.`);
}
