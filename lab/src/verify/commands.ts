import { type Command, Option } from 'commander';
import { signal } from '../interruption.ts';
import { withStack } from '../session.ts';

/** Adds `verify` to the command line. */
export function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .description(
      'visit the running shop, and check parts, telemetry, dashboards and rules; exit status 1 if a check fails',
    )
    .option('--json', 'print the verdict as JSON')
    .addOption(
      new Option('-w, --watch', 'check again and again, in a terminal, until interrupted').conflicts('json'),
    )
    .action((choice: { json?: true; watch?: true }) =>
      withStack(signal, async (session) => {
        const { verifyCommand } = await import('./verify-command.ts');
        process.exitCode = await verifyCommand(choice, session, signal);
      }),
    );
}
