import { Argument, type Command, InvalidArgumentError } from 'commander';
import { signal } from './interruption.ts';
import { type K6Test, k6Tests } from './k6/tests.ts';
import { withStack } from './session.ts';

/** Adds the commands that put the running shop under load, or break it on purpose. */
export function addPracticeCommands(program: Command): void {
  program
    .command('scenario')
    .description('break the shop in one way, prove it in the backends, repair it, and write a post-mortem')
    .argument('[name]', 'one of those that --list shows')
    .option('-l, --list', 'list the scenarios')
    .option('--fast', 'with a shorter healthy control before the failure')
    .action(async (name: string | undefined, choice: { list?: true; fast?: true }) => {
      const { listScenarios, scenarioCommand } = await import('./scenario/scenario-command.ts');
      if (name === undefined || choice.list) {
        for (const line of listScenarios()) process.stdout.write(`${line}\n`);
        return;
      }
      await withStack(signal, async (session) => {
        process.exitCode = await scenarioCommand(name, choice, session, signal);
      });
    });

  program
    .command('traffic')
    .description('let customers visit the shop until interrupted')
    .option('-r, --rps <n>', 'pages a second, on average', parsePagesPerSecond, 5)
    .action(({ rps }: { rps: number }) =>
      withStack(signal, async (session) => {
        const { trafficCommand } = await import('./traffic/traffic-command.ts');
        await trafficCommand(rps, session, signal);
      }),
    );

  program
    .command('k6')
    .description('run a k6 test of the running shop; exit status 1 if one of its thresholds fails')
    .addArgument(new Argument('[test]', 'by default smoke').choices(k6Tests).default('smoke'))
    .option('-r, --rate <n>', 'pages a second; of journey, purchases', parseRate)
    .option('-d, --duration <time>', 'such as 90s or 5m', parseDuration)
    .action((test: K6Test, options: { rate?: number; duration?: string }) =>
      withStack(signal, async (session) => {
        const { k6Command } = await import('./k6/k6-command.ts');
        await k6Command(test, options, session, signal);
      }),
    );
}

function parsePagesPerSecond(text: string): number {
  const rate = /^\d{1,3}(?:\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (rate >= 0.1 && rate <= 200) return rate;
  throw new InvalidArgumentError('It must be a number from 0.1 to 200.');
}

function parseRate(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number from 1 to 9999.');
}

function parseDuration(text: string): string {
  if (/^(?=.*[1-9])(\d+h)?(\d+m)?(\d+s)?$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a time such as 90s, 5m or 1h30m.');
}
