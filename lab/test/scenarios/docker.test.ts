import { expect } from 'vitest';
import { test } from '../compose/docker.ts';
import { readFacts } from '../stack/scenario.ts';

test.for(['crash', 'latency', 'database-down', 'load'])(
  'When the scenario %s is run in Docker, then it passes, and its report says how',
  async (name, { shop }) => {
    const { status, stdout, stderr } = await shop.vitrine('scenario', name, '--fast');
    expect(status, `${stdout}${stderr}`).toBe(0);
    expect(readFacts(shop, name)).toMatchObject({ outcome: 'passed', mode: 'docker', reasons: [] });
  },
);
