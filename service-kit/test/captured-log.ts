import { createLogger } from '../src/logger';

/** A logger whose lines stay here, parsed or as they were written. */
export function captureLog(level = 'info') {
  const written: string[] = [];
  const logger = createLogger({ level }, { write: (line: string) => written.push(line) });
  return {
    logger,
    text: () => written.join(''),
    lines: (): Record<string, unknown>[] => written.map((line) => JSON.parse(line)),
  };
}
