import { type Command, InvalidArgumentError } from 'commander';
import { signal } from '../interruption.ts';
import { UsageError } from '../lab-error.ts';
import { withStack } from '../session.ts';

/** Adds `compare` to the command line. */
export function addCompareCommand(program: Command): void {
  program
    .command('compare')
    .description('measure the telemetry that flows, and show what a change makes of it')
    .argument(
      '[overlay]',
      "a file to try: it is merged into the collector's configuration while it is measured",
    )
    .option('--save', 'keep the figures: without a file, those of now are compared with them')
    .option('-s, --seconds <n>', 'how long each measurement takes', parseSeconds, 30)
    .action((overlay: string | undefined, choice: { save?: true; seconds: number }) => {
      if (overlay !== undefined && choice.save)
        throw new UsageError(
          'With a file, both sides are measured: --save keeps figures for a change of your own.',
        );
      return withStack(signal, async (session) => {
        const { compareWithSaved, saveSnapshot, tryOverlay } = await import('./compare-command.ts');
        if (overlay !== undefined) await tryOverlay(overlay, choice.seconds, session, signal);
        else if (choice.save) await saveSnapshot(choice.seconds, session, signal);
        else await compareWithSaved(choice.seconds, session, signal);
      });
    });
}

/** Prometheus has to see some scrapes, one every five seconds, and Jaeger has to hold all traces of that time. */
function parseSeconds(text: string): number {
  const seconds = /^\d{2,3}$/.test(text) ? Number(text) : Number.NaN;
  if (seconds >= 10 && seconds <= 120) return seconds;
  throw new InvalidArgumentError('It must be a whole number from 10 to 120.');
}
