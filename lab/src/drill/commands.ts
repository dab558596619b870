import { type Command, InvalidArgumentError, Option } from 'commander';
import { signal } from '../interruption.ts';
import { withSettings, withStack } from '../session.ts';
import { allowedCauses, allowedParts } from './answer.ts';
import { type Level, levels } from './situation.ts';

/** Adds `drill` and its subcommands to the command line. */
export function addDrillCommands(program: Command): void {
  // Subcommands of drill have options of the same names as drill itself.
  program.enablePositionalOptions();
  const fast = new Option('--fast', 'with less time before the call, to try out a program, say');
  const level = new Option('-l, --level <1-3>', '1: one fault, 2: also a red herring, 3: two faults')
    .argParser(parseLevel)
    .default(1);
  const drill = program
    .command('drill')
    .description('be on call for a shop that may be broken in a hidden way; nothing is wrong in one of six')
    .option('-s, --seed <n>', 'the same number is the same situation (by default any)', parseSeed)
    .addOption(level)
    .addOption(fast)
    .option('--json', 'print the sheet as JSON')
    .action((choice: { seed?: number; level: Level; fast?: true; json?: true }) =>
      withStack(signal, async (session) => {
        const { beginDrill } = await import('./drill-command.ts');
        await beginDrill(choice, session, signal);
      }),
    );

  drill
    .command('answer')
    .description('say what is wrong; the last answer counts. Without options it asks')
    .option('-p, --part <part>', `${allowedParts.join(' | ')}; may be repeated`, collect(allowedParts))
    .option('-c, --cause <cause>', allowedCauses.join(' | '), collect(allowedCauses))
    .option('-e, --evidence <trace id>', 'a trace that shows it', collect())
    .option('--json', 'end the drill and print the grade as JSON')
    .action((choice: { part?: string[]; cause?: string[]; evidence?: string[]; json?: true }) =>
      withSettings(async ({ settings, report }) => {
        const { answerDrill } = await import('./drill-command.ts');
        await answerDrill(choice, settings.home, { report, signal });
      }),
    );

  drill
    .command('done')
    .description('end the drill: it puts the shop right, grades the answer and writes a post-mortem')
    .action(() =>
      withSettings(async ({ settings, report }) => {
        const { endDrill } = await import('./drill-command.ts');
        await endDrill(settings.home, { report, signal });
      }),
    );

  drill
    .command('run')
    .description('let programs do a series of drills, and print their scores')
    .requiredOption('-s, --seeds <n-m>', 'one number, or the first and the last', parseSeeds)
    .requiredOption(
      '-x, --exec <command>',
      'gets the sheet on standard input and prints the answer; may be repeated',
      collect(),
    )
    .addOption(level)
    .addOption(fast)
    .action(({ exec, fast, ...choice }: { seeds: number[]; exec: string[]; level: Level; fast?: true }) =>
      withStack(signal, async (session) => {
        const { runSeries } = await import('./series.ts');
        await runSeries({ ...choice, isFast: fast === true, programs: exec }, session, signal);
      }),
    );
}

const maxSeed = 999_999;

function parseSeed(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`It must be a whole number up to ${maxSeed}.`);
}

function parseSeeds(text: string): number[] {
  const [, first = '', last = first] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(text) ?? [];
  const count = Number(last) - Number(first) + 1;
  if (first !== '' && count >= 1 && count <= 1000)
    return Array.from({ length: count }, (_, index) => Number(first) + index);
  throw new InvalidArgumentError(
    'It must be a number, or two with a hyphen such as 1-20, for 1000 drills at most.',
  );
}

function parseLevel(text: string): Level {
  const level = levels.find((one) => String(one) === text);
  if (level) return level;
  throw new InvalidArgumentError('The levels are 1, 2 and 3.');
}

/** Gathers the values of an option that is repeated. */
function collect(allowed?: readonly string[]) {
  return (text: string, before: readonly string[] = []): string[] => {
    if (allowed && !allowed.includes(text))
      throw new InvalidArgumentError(`It must be one of ${allowed.join(', ')}.`);
    return [...before, text];
  };
}
