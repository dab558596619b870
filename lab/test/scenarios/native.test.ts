import { expect } from 'vitest';
import { scenarioNames } from '../../src/scenario/scenario.ts';
import { readFacts } from '../stack/scenario.ts';
import { test } from '../stack/stack-test.ts';

test.for(scenarioNames())(
  'When the scenario %s is run, then it passes, and its report says how',
  async (name, { stack }) => {
    const { status, stdout, stderr } = await stack.vitrine('scenario', name, '--fast');
    expect({ status, stdout, stderr }).toMatchObject({ status: 0 });
    const { outcome, checks, phases } = readFacts(stack, name);
    expect(outcome).toBe('passed');
    expect(checks.map((check) => check.outcome)).not.toContain('missed');
    expect(phases.map((phase) => phase.name)).toEqual(['control', 'fault', 'recovery']);
  },
);
