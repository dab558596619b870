import { spawn } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { withoutEmpty } from '../env-file.ts';
import { LabError } from '../lab-error.ts';
import { lastLines } from '../log-file.ts';
import { reportFolder } from '../report/folder.ts';
import { readyShopUrl } from '../service-url.ts';
import type { Settings } from '../settings.ts';
import { findK6 } from './find-k6.ts';
import type { K6Test } from './tests.ts';
import { readTracedRequests, tracesTable } from './traced-requests.ts';

/** k6's exit status when a threshold has failed; source: https://grafana.com/docs/k6/latest/using-k6/thresholds/ */
const thresholdsFailed = 99;

const quotedLines = 5;

/** Becomes the program of its arguments, and interrupts it when whoever holds the other end of pipe 3 has died. */
const boundToPipe = '(read -r _ <&3 || kill -INT $$) 2>/dev/null & exec "$@" 3<&-';

export type K6Run = {
  test: K6Test;
  settings: Settings;
  /** Takes a line when k6 has to be compiled first. */
  report: (line: string) => void;
  /** Ends k6 as Ctrl-C does: the test's teardown still runs. */
  signal: AbortSignal;
  /** How many a second, and for how long (`90s`); by default what the test says. */
  rate?: number | undefined;
  duration?: string | undefined;
  /** Where k6's output goes: to the terminal, or to `k6.log` beside the summary. */
  output?: 'terminal' | 'file';
};

/** `passed` says whether all thresholds held; `traces` are lines about the slowest and the failed requests. */
export type K6Outcome = { passed: boolean; summaryFile: string; traces: readonly string[] };

/**
 * Runs a test against the shop. Its figures are in a folder of their own in the home's `reports`: `summary.json`, and as
 * text `summary.txt`. Throws a LabError when there is no k6, when the shop is not ready, and when the test cannot run.
 */
export async function runK6(run: K6Run): Promise<K6Outcome> {
  const { test, settings, report, signal, rate, duration, output = 'terminal' } = run;
  const obtainK6 = await findK6(settings, { report, signal });
  const shopUrl = await readyShopUrl(settings);
  const k6 = await obtainK6();
  const folder = reportFolder(settings.home, `k6-${test}`, Date.now());
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const summaryFile = join(folder, 'summary.json');
  const logFile = join(folder, 'k6.log');
  const samples = join(folder, 'samples.json.gz');
  try {
    const script = join(settings.root, 'k6', `${test}.js`);
    const status = await runToEnd(k6, ['run', '--no-usage-report', '--out', `json=${samples}`, script], {
      // Nothing else of this environment may change the test, such as a variable K6_VUS.
      environment: withoutEmpty({
        HOME: settings.tools.HOME,
        BASE_URL: shopUrl,
        RATE: rate?.toString(),
        DURATION: duration,
        FAULT_TOKEN: test === 'load' ? settings.values.FAULT_TOKEN : undefined,
        SUMMARY_FILE: summaryFile,
      }),
      logFile: output === 'file' ? logFile : undefined,
      signal,
    });
    if (![0, thresholdsFailed].includes(status ?? -1)) {
      const why = output === 'terminal' ? 'it says why above.' : `the end of ${logFile}:`;
      const quoted = output === 'terminal' ? [] : lastLines(logFile, quotedLines);
      throw new LabError([`k6 could not run ${test} to its end: ${why}`, ...quoted].join('\n'));
    }
    const requests = await readTracedRequests(samples);
    const traces = tracesTable(requests);
    appendFileSync(summaryFile.replace(/json$/, 'txt'), ['', ...traces, ''].join('\n'));
    const summary = { ...JSON.parse(readFileSync(summaryFile, 'utf8')), ...requests };
    writeFileSync(summaryFile, `${JSON.stringify(summary, undefined, 2)}\n`);
    return { passed: status === 0, summaryFile, traces };
  } finally {
    rmSync(samples, { force: true });
    if (readdirSync(folder).length === 0) rmdirSync(folder);
  }
}

async function runToEnd(
  program: string,
  args: readonly string[],
  {
    environment,
    logFile,
    signal,
  }: { environment: NodeJS.Dict<string>; logFile: string | undefined; signal: AbortSignal },
): Promise<number | null> {
  signal.throwIfAborted();
  const output = logFile === undefined ? 'inherit' : openSync(logFile, 'w', 0o600);
  // A killed command must not leave k6 and its load behind.
  const child = spawn('/bin/sh', ['-c', boundToPipe, 'sh', program, ...args], {
    ...{ env: environment, stdio: ['ignore', output, output, 'pipe'] },
    // A second signal would end k6 before its teardown, so Ctrl-C must not reach it from the terminal, too.
    detached: true,
  });
  if (typeof output === 'number') closeSync(output);
  const end = () => child.kill('SIGINT');
  signal.addEventListener('abort', end);
  const ended = new Promise<number | null>((resolve, reject) =>
    child.on('error', reject).on('exit', resolve),
  );
  const status = await ended.finally(() => signal.removeEventListener('abort', end));
  const pipe = child.stdio[3] as Writable;
  pipe.on('error', () => {}).end('ended\n');
  signal.throwIfAborted();
  return status;
}
