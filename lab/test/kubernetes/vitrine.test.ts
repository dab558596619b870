import { expect } from 'vitest';
import { test } from './shop.ts';

test.for([['verify'], ['scenario', 'crash', '--fast']])(
  'When ./vitrine --kubernetes %s is asked, then every check holds',
  async (args, { shop }) => {
    const { status, stdout, stderr } = await shop.vitrine(...args);
    expect(status, stdout + stderr).toBe(0);
  },
);
