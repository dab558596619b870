import { Command, CommanderError, InvalidArgumentError } from 'commander';
import type { BenchOptions } from './bench/bench.ts';
import { LabError, UsageError } from './lab-error.ts';
import { requireLinux } from './native/preflight.ts';
import { type PartName, partNames } from './part-names.ts';
import { change, look } from './session.ts';
import { statusTable } from './status-table.ts';
import { welcome } from './welcome.ts';

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => interruption.abort(new LabError('Interrupted.')));
}
const { signal } = interruption;
// `./start.sh | head` must not take the shop down again, but `./vitrine logs --follow | head` is at its end.
const unread = new AbortController();
process.stdout.on('error', () => unread.abort());

const program = new Command('vitrine')
  .description('Runs the shop, and takes it apart while it runs.')
  .exitOverride()
  .hook('preAction', requireLinux)
  .showHelpAfterError('(--help says more)');

program
  .command('up')
  .description('start what does not run, and wait until everything is ready')
  .option('--native', 'as processes of this machine (the default)')
  .option('--docker', 'as containers (not available yet)')
  .action(({ docker }: { docker?: true }) => {
    if (docker) throw new UsageError('--docker is not available yet. Without it the shop runs natively.');
    return change(signal, async ({ stack, report }) => {
      const started = await stack.up();
      if (started.length === 0) report('Everything was running already.');
      for (const line of ['', ...welcome(await stack.status())]) report(line);
    });
  });

program
  .command('down')
  .description('stop everything; the data stays')
  .option('--reset', 'also delete data, logs and run files')
  .action(({ reset = false }: { reset?: boolean }) =>
    change(signal, async ({ stack, settings, report }) => {
      const { stopped, deleted } = await stack.down({ reset });
      report(stopped.length === 0 ? 'Nothing was running.' : `Stopped ${stopped.join(', ')}.`);
      for (const path of deleted) report(`Deleted ${path}`);
      if (reset) report(`Kept ${settings.envFile}, which holds the secrets and your settings.`);
    }),
  );

program
  .command('status')
  .description('how each part is; exit status 0 if all are ready')
  .action(() =>
    look(signal, async ({ stack, report }) => {
      const parts = await stack.status();
      for (const line of statusTable(parts, Date.now())) report(line);
      if (parts.some(({ state }) => state !== 'ready')) process.exitCode = 1;
    }),
  );

program
  .command('logs')
  .description('the last lines of one log, or of all')
  .argument('[part]', partNames.join(' | '), parsePart)
  .option('-f, --follow', 'go on with what comes')
  .option('-n, --lines <n>', 'how many of each', parseCount, 20)
  .action((part: PartName | undefined, { follow = false, lines }: { follow?: boolean; lines: number }) =>
    look(AbortSignal.any([signal, unread.signal]), ({ stack, report }) => {
      const onLine = (name: PartName, line: string) => report(part ? line : `${name.padEnd(15)} | ${line}`);
      return stack.logs(part ? [part] : partNames, { lines, follow, onLine });
    }),
  );

const actions = [
  ['start', 'is ready', 'start one part and wait until it is ready'],
  ['stop', 'is stopped', 'ask one part to end'],
  ['kill', 'is killed', 'end one part at once, with SIGKILL'],
  ['pause', 'is paused', 'freeze one part: it keeps its connections and answers nothing'],
  ['resume', 'is resumed', 'let a paused part go on'],
  ['restart', 'is ready', 'stop and start one part'],
] as const;
for (const [action, outcome, description] of actions) {
  program
    .command(action)
    .description(description)
    .argument('<part>', partNames.join(' | '), parsePart)
    .action((part: PartName) =>
      change(signal, async ({ stack, report }) => {
        await stack[action](part);
        report(`${part} ${outcome}.`);
      }),
    );
}

program
  .command('bench')
  .description('measure speed and memory of two shops of its own, telemetry off and on')
  .option('-r, --rounds <n>', 'how often each is measured, in turns', parseCount, 3)
  .option('-s, --seconds <n>', 'how long each time', parseCount, 5)
  .action(async (options: BenchOptions) => {
    const { bench } = await import('./bench/bench.ts');
    await bench(options, (line) => process.stdout.write(`${line}\n`), signal);
  });

function parsePart(text: string): PartName {
  const part = partNames.find((name) => name === text);
  if (part) return part;
  throw new InvalidArgumentError(`The parts are ${partNames.join(', ')}.`);
}

function parseCount(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('A whole number is wanted.');
}

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = exitStatus(error);
}

/** 1 it went wrong, 2 it was asked wrongly, 130 it was interrupted. Says why, unless that was said. */
function exitStatus(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (signal.aborted) {
    process.stderr.write('Interrupted.\n');
    return 130;
  }
  const isExplained = error instanceof LabError || (error instanceof Error && 'syscall' in error);
  const text = error instanceof Error ? (isExplained ? error.message : error.stack) : error;
  process.stderr.write(`${text}\n`);
  return error instanceof UsageError ? 2 : 1;
}
