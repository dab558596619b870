import { withTrial } from '../faults/break-shop.ts';
import { findK6 } from '../k6/find-k6.ts';
import { LabError, UsageError } from '../lab-error.ts';
import { storesOf } from '../query/stores.ts';
import type { Facts } from '../report/facts.ts';
import { reportFolder } from '../report/folder.ts';
import { writeReport } from '../report/write-report.ts';
import { type Mode, modes, modeWords } from '../shop-record.ts';
import type { Session } from '../stack.ts';
import { startTraffic, type Traffic } from '../traffic/traffic.ts';
import { watchAlerts } from './alert-watch.ts';
import { gatherFacts } from './gather-facts.ts';
import { runScenario } from './run-scenario.ts';
import { readScenario, type Scenario, scenarioNames } from './scenario.ts';

/** One line for each scenario; that of a file with mistakes says so. */
export function listScenarios(): string[] {
  const names = scenarioNames();
  const width = Math.max(...names.map(({ length }) => length));
  return names.map((name) => `${name.padEnd(width)}  ${titleOf(name)}`);
}

function titleOf(name: string): string {
  try {
    const { title, modes: own } = readScenario(name);
    const others = modes.filter((mode) => !own.includes(mode));
    return others.length === 0
      ? title
      : `${title} (not ${others.map((mode) => modeWords[mode]).join(' or ')})`;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return `has mistakes: ./vitrine scenario ${name} says which`;
  }
}

const statusOf = { passed: 0, failed: 1, void: 3 } as const;

/** Runs a scenario and writes its report. Resolves to the exit status: 1 when it failed, 3 when it is void. */
export async function scenarioCommand(
  name: string,
  { fast: isFast = false }: { fast?: boolean },
  session: Session,
  signal: AbortSignal,
): Promise<number> {
  const scenario = readScenario(name);
  if (!scenario.modes.includes(session.mode)) throw new UsageError(notInMode(scenario, session.mode));
  const facts = await carryOut(scenario, isFast, session, signal);
  for (const reason of facts.reasons) session.report(reason);
  const folder = reportFolder(session.settings.home, name, Date.now());
  const { html } = await writeReport(folder, facts).catch((error) => {
    throw new LabError(
      `The scenario ${facts.outcome}, and the shop is as before, but the report cannot be written: ${error.message}`,
    );
  });
  for (const line of summaryOf(facts)) session.report(line);
  session.report(`The report is ${html}`);
  return statusOf[facts.outcome];
}

async function carryOut(
  scenario: Scenario,
  isFast: boolean,
  session: Session,
  interruption: AbortSignal,
): Promise<Facts> {
  const { settings, mode, report } = session;
  const stores = storesOf(settings);
  let traffic: Traffic | undefined;
  try {
    return await withTrial(`scenario ${scenario.name}`, session, interruption, async (breaker, signal) => {
      // Compiling it would take longer than the scenario waits.
      if ('k6' in scenario.fault) await (await findK6(settings, { report, signal }))();
      report(`${scenario.name}: ${scenario.title}\n\n${scenario.story}\n`);
      const customers = await startTraffic(settings, scenario.traffic.pages_per_second);
      traffic = customers;
      const pages = () => customers.pages;
      const alerts = watchAlerts(stores.prometheus);
      const backends = { ...stores, alerts };
      try {
        const run = await runScenario({ scenario, backends, breaker, pages, isFast, report, signal });
        return await gatherFacts({ scenario, run, backends, settings, mode, isFast }).catch((error) => {
          for (const reason of run.reasons) report(reason);
          throw new LabError(`The scenario ${run.outcome}, but there is no report: ${error.message}`);
        });
      } finally {
        await alerts.stop();
      }
    });
  } finally {
    await traffic?.stop();
  }
}

function notInMode({ name }: Scenario, mode: Mode): string {
  return `The scenario ${name} does not work ${modeWords[mode]}; docs/scenarios.md says why.`;
}

function summaryOf(facts: Facts): string[] {
  const { outcome, name, secondsToRecover, requests } = facts;
  const verdict = {
    passed: `The scenario ${name} passed.`,
    failed: `The scenario ${name} failed.`,
    void: `The scenario ${name} is void: it proves nothing.`,
  };
  if (outcome === 'void') return [verdict.void];
  return [
    verdict[outcome],
    `  detected:  ${detectionOf(facts)}`,
    `  recovered: ${secondsToRecover === undefined ? 'not within the time' : `${Math.round(secondsToRecover)} s after the repair`}`,
    `  failed:    ${requests.failed} of ${requests.total} requests`,
  ];
}

function detectionOf({ secondsToDetect, detectedBy }: Facts): string {
  if (secondsToDetect === undefined) return 'by no alert';
  return `${Math.round(secondsToDetect)} s after the fault, by ${detectedBy}`;
}
