import { inspect } from 'node:util';

/**
 * Runs a service's start-up. When it fails, the process ends with status 1: what the world around refuses (a database
 * account, say) is one line on stderr, a bug its stack.
 */
export function start(main: () => Promise<void>): void {
  main().catch((error: unknown) => {
    const isRefusal = error instanceof Error && 'code' in error;
    process.stderr.write(`Cannot start: ${isRefusal ? error.message : inspect(error)}\n`);
    process.exit(1);
  });
}
