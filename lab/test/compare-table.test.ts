import { expect, test } from 'vitest';
import { compareTable } from '../src/compare/table.ts';

test('When two snapshots are compared, then each figure has both values and the change', () => {
  const before = [
    { what: 'spans/s', value: 190.34 },
    { what: 'spans/s', of: 'frontend', value: 80 },
    { what: 'spans/s', of: 'gone', value: 2.04 },
    { what: 'idle', value: 0 },
    { what: 'same', value: 7 },
  ];
  const now = [
    { what: 'spans/s', value: 38 },
    { what: 'spans/s', of: 'frontend', value: 100 },
    { what: 'spans/s', of: 'added', value: 3 },
    { what: 'idle', value: 0 },
    { what: 'same', value: 7.01 },
    { what: 'also added', value: 12 },
  ];
  expect(compareTable(before, now, ['before', 'now'])).toEqual([
    '            before     now  change',
    'spans/s        190    38.0   -80 %',
    '  frontend    80.0     100   +25 %',
    '  gone         2.0       –  -100 %',
    '  added          –     3.0     new',
    'idle           0.0     0.0',
    'same           7.0     7.0     0 %',
    'also added       –    12.0     new',
  ]);
});
