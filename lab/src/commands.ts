import { Command, InvalidArgumentError, Option } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import type { BenchOptions } from './bench/bench.ts';
import { signal } from './interruption.ts';
import { type PartName, partNames } from './part-names.ts';
import { change, look, withoutStack } from './session.ts';
import type { Session } from './stack.ts';
import { statusTable } from './status-table.ts';
import { welcome } from './welcome.ts';

// `./start.sh | head` must not take the shop down again, but `./vitrine logs --follow | head` is at its end.
const unread = new AbortController();
process.stdout.on('error', () => unread.abort());

/** What can be typed behind ./vitrine. */
export const program = new Command('./vitrine')
  .description('Runs the shop, and takes it apart while it runs.')
  .version(manifest.version, '--version')
  .exitOverride()
  .showHelpAfterError('(--help says more)');

program
  .command('up')
  .description('start what does not run, and wait until everything is ready')
  .option('--docker', 'as containers (the default where Docker can be used)')
  .addOption(new Option('--native', 'as processes of this machine').conflicts('docker'))
  .action(({ docker, native }: { docker?: true; native?: true }) => {
    const asked = docker ? 'docker' : native && 'native';
    const start = async ({ stack, report }: Session) => {
      const started = await stack.up();
      if (started.length === 0) report('Everything was running already.');
      for (const line of ['', ...welcome(await stack.status())]) report(line);
    };
    return change(signal, start, asked);
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
  .description('how each part is; exit status 0 if all that can be had here are ready')
  .action(() =>
    look(signal, async ({ stack, report }) => {
      const parts = await stack.status();
      for (const line of statusTable(parts, Date.now())) report(line);
      if (parts.some(({ state }) => state !== 'ready' && state !== 'unavailable')) process.exitCode = 1;
    }),
  );

program
  .command('logs')
  .description('the last lines of one log, or of all')
  .argument('[part]', partNames.join(' | '), parsePart)
  .option('-f, --follow', 'go on with what comes')
  .option('-n, --lines <n>', 'how many of each', parseCount, 20)
  .action((part: PartName | undefined, { follow = false, lines }: { follow?: boolean; lines: number }) =>
    look(AbortSignal.any([signal, unread.signal]), async ({ stack, report }) => {
      let isWritten = false;
      const onLine = (name: PartName, line: string) => {
        isWritten = true;
        report(part ? line : `${name.padEnd(15)} | ${line}`);
      };
      // The listed first are what is mostly looked for, and the end of a long answer is what is seen.
      await stack.logs(part ? [part] : partNames.toReversed(), { lines, follow, onLine });
      if (part && lines > 0 && !isWritten && !follow) process.stderr.write(`${part} has no log yet.\n`);
    }),
  );

program
  .command('trace')
  .description('one request: its spans and log lines in place; without an id, the latest requests')
  .argument('[id]', 'as in X-Trace-Id and in the last line of every page')
  .action((id: string | undefined) =>
    look(AbortSignal.any([signal, unread.signal]), async (session) => {
      const { traceCommand } = await import('./trace-view/trace-command.ts');
      await traceCommand(id, session, signal);
    }),
  );

program
  .command('console')
  .description('open the console until interrupted; a native shop has it open already')
  .action(() =>
    look(signal, async ({ settings }) => {
      const { consoleCommand } = await import('./console/console-command.ts');
      await consoleCommand(settings, signal);
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
  .command('backends')
  .description('compile the programs that native mode lacks, and say where each comes from')
  .action(() =>
    withoutStack(async (session) => {
      const { backendsCommand } = await import('./native/backends/backends-command.ts');
      await backendsCommand(session, signal);
    }),
  );

program
  .command('pipeline')
  .description('the way of telemetry through the collector')
  .command('check')
  .description('have the collector itself check its configuration')
  .argument('[file]', 'otel-collector-config.yaml of this repository, if not another')
  .action((file: string | undefined) =>
    withoutStack(async (session) => {
      const { checkPipeline } = await import('./native/check-pipeline.ts');
      await checkPipeline(file, session, signal);
    }),
  );

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
