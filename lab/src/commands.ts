import { Command, InvalidArgumentError, Option } from 'commander';
import manifest from '../../package.json' with { type: 'json' };
import type { BenchChoice } from './bench/bench-command.ts';
import { addCompareCommand } from './compare/commands.ts';
import { withDelivery } from './delivery.ts';
import { addDrillCommands } from './drill/commands.ts';
import { repairAbandoned } from './faults/break-shop.ts';
import { forgetTrial } from './faults/trial.ts';
import { signal } from './interruption.ts';
import { chooseCluster, defaultCluster, firstOverlay } from './kubernetes/cluster.ts';
import { UsageError } from './lab-error.ts';
import { type ProgramName, programNames } from './native/backends/programs.ts';
import { isWanted, type PartName, partNames } from './part-names.ts';
import { addPracticeCommands } from './practice-commands.ts';
import { backendUrls } from './query/backend-urls.ts';
import { createPrometheus } from './query/prometheus.ts';
import { withLockedStack, withSettings, withStack } from './session.ts';
import { forgetStart } from './shop-record.ts';
import type { Session } from './stack.ts';
import { statusTable } from './status-table.ts';
import { addVerifyCommand } from './verify/commands.ts';
import { welcome } from './welcome.ts';

// When the reader of stdout closes it, `./vitrine logs --follow | head` ends, but `./start.sh | head` keeps the shop.
const stdoutClosed = new AbortController();
process.stdout.on('error', () => stdoutClosed.abort());

/** The command line of ./vitrine. */
export const program = new Command('./vitrine')
  .description('Runs the shop, and stops, kills or pauses its parts while it runs.')
  .version(manifest.version, '--version')
  .option('--kubernetes', 'the shop in a namespace of a cluster, to which kubectl talks; docs/kubernetes.md')
  .option('--context <name>', 'with --kubernetes: another context of the kubeconfig than its current one')
  .option('--namespace <name>', `with --kubernetes: another namespace than ${defaultCluster.namespace}`)
  .exitOverride()
  .showHelpAfterError('(--help says more)');

/** These concern programs and shops of this machine. */
const ofThisMachine = ['backends', 'bench'];

program.hook('preAction', (_, command) => {
  const { kubernetes, context, namespace = defaultCluster.namespace } = program.opts<ClusterOptions>();
  const { overlay, docker, native } = command.opts<ModeOptions>();
  if (kubernetes === undefined) {
    const [lone] = ['context', 'namespace'].filter((name) => program.getOptionValue(name) !== undefined);
    const option = lone ?? (overlay === undefined ? undefined : 'overlay');
    if (option) throw new UsageError(`--${option} is for a cluster: ./vitrine --kubernetes …`);
    return;
  }
  if (docker || native)
    throw new UsageError('The shop is on Kubernetes, or of this machine: leave out one of the options.');
  if (ofThisMachine.includes(command.name()))
    throw new UsageError(`${command.name()} is about this machine: leave --kubernetes out.`);
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace))
    throw new UsageError(
      `--namespace must be small letters, digits and hyphens, at most 63 of them, not "${namespace}".`,
    );
  chooseCluster({ context, namespace, overlay });
});
type ClusterOptions = { kubernetes?: true; context?: string; namespace?: string };
type ModeOptions = { overlay?: string; docker?: true; native?: true };

const overlayOption = new Option(
  '--overlay <name>',
  `with --kubernetes: which of k8s/overlays (that of the last up; ${firstOverlay} for the first)`,
);

program
  .command('up')
  .description('start what does not run, and wait until everything is ready')
  .option('--docker', 'as containers (the default where Docker can be used)')
  .addOption(new Option('--native', 'as processes of this machine').conflicts('docker'))
  .addOption(overlayOption)
  .action(({ docker, native }: { docker?: true; native?: true }) => {
    const requested = docker ? 'docker' : native && 'native';
    const start = async (session: Session) => {
      const { stack, mode, report } = session;
      await repairAbandoned(session, true);
      const started = await stack.up();
      if (started.length === 0) report('Everything was running already.');
      for (const line of ['', ...welcome(await stack.status(), mode)]) report(line);
    };
    return withLockedStack(signal, start, requested);
  });

program
  .command('down')
  .description('stop everything; the data stays')
  .option('--reset', 'also delete the data of this mode, logs and run files')
  .addOption(overlayOption)
  .action(({ reset = false }: { reset?: boolean }) =>
    withLockedStack(signal, async ({ stack, settings, mode, report }) => {
      const { stopped, deleted } = await stack.down({ reset });
      forgetTrial(settings.home);
      forgetStart(settings.home);
      report(stopped.length === 0 ? 'Nothing was running.' : `Stopped ${stopped.join(', ')}.`);
      for (const path of deleted) report(`Deleted ${path}`);
      if (reset && mode !== 'kubernetes')
        report(`Kept ${settings.envFile}, which holds the secrets and your settings.`);
    }),
  );

program
  .command('status')
  .description(
    'show the state of each part, and what gets no telemetry; exit status 0 if all that are available here are ready',
  )
  .action(() =>
    withStack(signal, async (session) => {
      await repairAbandoned(session);
      const { stack, settings, report } = session;
      const prometheus = createPrometheus(backendUrls(settings).prometheus);
      const parts = await withDelivery(await stack.status(), prometheus);
      for (const line of statusTable(parts, Date.now())) report(line);
      if (parts.some(({ state }) => state !== 'ready' && state !== 'unavailable')) process.exitCode = 1;
    }),
  );

program
  .command('logs')
  .description('show the last lines of one log, or of all')
  .argument('[part]', partNames.join(' | '), parsePart)
  .option('-f, --follow', 'keep printing new lines')
  .option('-n, --lines <n>', 'lines of each log', parseCount, 20)
  .action((part: PartName | undefined, { follow = false, lines }: { follow?: boolean; lines: number }) =>
    withStack(AbortSignal.any([signal, stdoutClosed.signal]), async ({ settings, stack, report }) => {
      let isWritten = false;
      const onLine = (name: PartName, line: string) => {
        isWritten = true;
        report(part ? line : `${name.padEnd(15)} | ${line}`);
      };
      // People see the end of long output, so the parts that matter most are printed last.
      const all = partNames.filter((name) => isWanted(name, settings.values)).toReversed();
      await stack.logs(part ? [part] : all, { lines, follow, onLine });
      if (part && lines > 0 && !isWritten && !follow)
        process.stderr.write(`${part} has no log: it was not started yet, or its container is gone.\n`);
    }),
  );

program
  .command('trace')
  .description('show the spans and log lines of one request; without an id, the latest requests')
  .argument('[id]', 'a trace id, from X-Trace-Id or the last line of a page')
  .action((id: string | undefined) =>
    withStack(AbortSignal.any([signal, stdoutClosed.signal]), async (session) => {
      const { traceCommand } = await import('./trace-view/trace-command.ts');
      await traceCommand(id, session, signal);
    }),
  );

program
  .command('console')
  .description('run the console until interrupted; a native shop runs it already')
  .action(() =>
    withStack(signal, async (session) => {
      const { consoleCommand } = await import('./console/console-command.ts');
      await consoleCommand(session, signal);
    }),
  );

const actions = [
  ['start', 'is ready', 'start one part and wait until it is ready'],
  ['stop', 'is stopped', 'stop one part with SIGTERM'],
  ['kill', 'is killed', 'kill one part with SIGKILL'],
  ['pause', 'is paused', 'freeze one part: it keeps its connections and answers nothing'],
  ['resume', 'is resumed', 'resume a paused part'],
  ['restart', 'is ready', 'replace the process of one part by a new one'],
] as const;
for (const [action, outcome, description] of actions) {
  program
    .command(action)
    .description(description)
    .argument('<part>', partNames.join(' | '), parsePart)
    .action((part: PartName) =>
      withLockedStack(signal, async (session) => {
        const { stack, report } = session;
        // Otherwise the next command would undo what this one does.
        await repairAbandoned(session, true);
        await stack[action](part);
        report(`${part} ${outcome}.`);
      }),
    );
}

program
  .command('backends')
  .description('compile the missing programs of native mode, and list where each comes from')
  .argument(
    '[programs...]',
    `${programNames.join(' | ')} | all; by default those that a shop needs`,
    parseProgram,
    [],
  )
  .action((wanted: readonly ProgramName[]) =>
    withSettings(async (session) => {
      const { backendsCommand } = await import('./native/backends/backends-command.ts');
      await backendsCommand(wanted, session, signal);
    }),
  );

program
  .command('pipeline')
  .description("the collector's telemetry pipeline")
  .command('check')
  .description('let the collector validate its configuration')
  .argument('[files...]', 'merged in this order; by default otel-collector-config.yaml of this repository')
  .action((files: readonly string[]) =>
    withSettings(async (session) => {
      const { checkPipeline } = await import('./native/check-pipeline.ts');
      await checkPipeline(files, session, signal);
    }),
  );

addVerifyCommand(program);
addPracticeCommands(program);
addDrillCommands(program);
addCompareCommand(program);

program
  .command('bench')
  .description('measure speed and memory of shops of its own, telemetry off and on')
  .option('-r, --rounds <n>', 'how often each is measured, in turns', parseCount, 3)
  .option('-s, --seconds <n>', 'how long each time (5, or 3 with --quick)', parseCount)
  .option('--only <words>', 'only what has these words in its name: "product list", say', '')
  .option('--against <folder>', 'in turns with another build: a git worktree of another commit, say')
  .option('--stack', 'whole shops with all their backends: CPU time of each part, and memory')
  .addOption(
    new Option(
      '--original <address>',
      'also the Flask shop that this one comes from, whose frontend runs there',
    )
      .argParser(parseAddress)
      .implies({ stack: true }),
  )
  .addOption(
    new Option('--sizes', 'whole shops, one with a million orders, in turns with one as it starts')
      .implies({ stack: true })
      .conflicts(['against', 'original', 'dashboards', 'priceList']),
  )
  .addOption(
    new Option('--dashboards', 'what the queries of each dashboard cost the running shop').conflicts([
      ...['against', 'stack', 'original', 'priceList', 'quick'],
    ]),
  )
  .addOption(
    new Option('--price-list', 'what each instrumentation, signal and sampling rate costs').conflicts([
      'against',
      'stack',
      'original',
    ]),
  )
  .addOption(
    new Option('--quick', 'the price list in five minutes: fewer rows')
      .implies({ priceList: true })
      .conflicts(['against', 'stack', 'original']),
  )
  .action(async (choice: BenchChoice) => {
    const { benchCommand } = await import('./bench/bench-command.ts');
    await benchCommand(choice, { report: (line) => void process.stdout.write(`${line}\n`), signal });
  });

function parsePart(text: string): PartName {
  const part = partNames.find((name) => name === text);
  if (part) return part;
  throw new InvalidArgumentError(`The parts are ${partNames.join(', ')}.`);
}

function parseAddress(text: string): string {
  if (URL.canParse(text) && new URL(text).protocol === 'http:') return text;
  throw new InvalidArgumentError('It must be an address such as http://127.0.0.1:5000.');
}

function parseProgram(text: string, before: readonly ProgramName[]): readonly ProgramName[] {
  if (text === 'all') return programNames;
  const program = programNames.find((name) => name === text);
  if (program) return [...before, program];
  throw new InvalidArgumentError(`The programs are ${programNames.join(', ')}; all stands for all of them.`);
}

function parseCount(text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}
