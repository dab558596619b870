import { LabError } from './lab-error.ts';

const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => interruption.abort(new LabError('Interrupted.')));
}

/** Aborts when SIGINT, SIGTERM or SIGHUP ends this command. */
export const { signal } = interruption;
