import { expect, onTestFinished } from 'vitest';
import { scenarioNames } from '../../src/scenario/scenario.ts';
import { readStatus, stateOf } from '../stack/part-status.ts';
import { readFacts, startScenario } from '../stack/scenario.ts';
import { test } from '../stack/stack-test.ts';

test.for(scenarioNames())(
  'When the scenario %s is run, then it passes, and its report says how',
  async (name, { stack }) => {
    const { status, stdout, stderr } = await stack.vitrine('scenario', name, '--fast');
    expect(status, `${stdout}${stderr}`).toBe(0);
    const { outcome, checks, phases } = readFacts(stack, name);
    expect(outcome).toBe('passed');
    expect(checks.map((check) => check.outcome)).not.toContain('missed');
    expect(phases.map((phase) => phase.name)).toEqual(['control', 'fault', 'recovery']);
  },
);

test('When a scenario is killed while a database is frozen, then the next ./vitrine status resumes it', async ({
  stack,
}) => {
  const { child, ended } = await startScenario(stack, 'database-hanging', 'Fault:');
  await expect.poll(() => stateOf(stack, 'product_dbase'), { timeout: 30_000 }).toBe('paused');
  child.kill('SIGKILL');
  await ended;
  const { stdout } = await stack.vitrine('status');
  expect(stdout).toContain('The scenario database-hanging ended without undoing what it had changed.');
  await expect.poll(() => stateOf(stack, 'product_dbase'), { timeout: 30_000 }).toBe('ready');
});

test('When the shop is stopped in the middle of a scenario, then that ends, and starts nothing again', async ({
  stack,
}) => {
  onTestFinished(async () => void (await stack.vitrine('up')));
  const { ended, said } = await startScenario(stack, 'crash', 'Control:');
  expect(await stack.vitrine('down')).toMatchObject({ status: 0 });
  expect(await ended).toBe(1);
  expect(said()).toMatch(/The shop was stopped, and the scenario crash with it\.\n$/);
  expect((await readStatus(stack)).states['product-service']).toBe('stopped');
});
