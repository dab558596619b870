import { createLogger } from '../src/logger';

/** Creates a logger that keeps its lines for the test. */
export function captureLog(level = 'info') {
  const written: string[] = [];
  const logger = createLogger({ level }, { write: (line: string) => written.push(line) });
  return {
    logger,
    text: () => written.join(''),
    lines: (): Record<string, unknown>[] => written.map((line) => JSON.parse(line)),
  };
}
