import { expect, test } from 'vitest';
import { drawSituation, type Level, levels, type Situation } from '../src/drill/situation.ts';
import { faultSchema } from '../src/faults/fault.ts';

function drawAll(level: Level, count: number): Situation[] {
  return Array.from({ length: count }, (_, index) => drawSituation({ seed: index + 1, level }));
}

test('When a seed is drawn again, then the situation is the same, and that of other seeds and levels is not', () => {
  const drawn = levels.map((level) => drawAll(level, 50));
  expect(levels.map((level) => drawAll(level, 50))).toEqual(drawn);
  const kinds = new Set(drawn.flat().map((situation) => JSON.stringify(situation)));
  expect(kinds.size).toBeGreaterThan(75);
});

test.for(levels)('When 200 seeds of level %i are drawn, then one in six is nothing', (level) => {
  const all = drawAll(level, 200);
  const nothing = all.filter(({ troubles }) => troubles.length === 0);
  expect(nothing.length / all.length).toBeCloseTo(1 / 6, 1);
  for (const { troubles, redHerring } of all) {
    expect(troubles.length).toBeOneOf([0, level === 3 ? 2 : 1]);
    expect(redHerring !== undefined).toBe(level === 2);
    for (const fault of troubles.flatMap(({ faults }) => faults)) faultSchema.parse(fault);
  }
});

test.for(levels)(
  'When seeds of level %i are drawn, then the complaint names neither part nor cause',
  (level) => {
    for (const { complaint } of drawAll(level, 200))
      expect(complaint).not.toMatch(/service|dbase|database|crash|hang|errors|loki|jaeger|collector/);
  },
);

test('When nothing is wrong, then the complaints are those of troubles', () => {
  const [none, some] = [true, false].map((isNothing) => {
    const chosen = drawAll(1, 1000).filter(({ troubles }) => (troubles.length === 0) === isNothing);
    return new Set(chosen.map(({ complaint }) => complaint));
  });
  expect(none).toEqual(some);
});

test.for([20, 200])(
  'When somebody blames what alerts in %i drills, then it is the part at fault in few',
  (count) => {
    // ServiceDown and PipelineDown name the part itself, and so does what the frontend's customers see of the frontend.
    const named = drawAll(1, count).filter(({ troubles: [trouble] }) => {
      if (!trouble) return false;
      const { part, cause } = trouble;
      return !part.endsWith('_dbase') && (part === 'frontend' || cause === 'crashed' || cause === 'hanging');
    });
    expect(named.length / count).toBeLessThan(0.25);
  },
);

test('When two things are wrong, then neither hides the other', () => {
  const pairs = drawAll(3, 500).flatMap(({ troubles }) => (troubles.length > 0 ? [troubles] : []));
  for (const pair of pairs) {
    const parts = pair.map(({ part }) => part);
    expect(parts).not.toContain('otel-collector');
    expect(new Set(parts.map((part) => part.slice(0, 4))).size).toBe(2);
    // Customers who get no product, or cannot log in, get no further.
    const total = pair.filter(({ cause }) => cause === 'crashed' || cause === 'hanging');
    if (parts.some((part) => part === 'loki' || part === 'jaeger')) continue;
    expect(total.every(({ part }) => part.startsWith('order'))).toBe(true);
  }
});

test('When part of level 2 is that a service was restarted, then it is none that has to do with the trouble', () => {
  for (const { redHerring, troubles } of drawAll(2, 500)) {
    if (redHerring?.kind !== 'restart') continue;
    const area = redHerring.part.replace('-service', '');
    expect(troubles.map(({ part }) => part.startsWith(area))).not.toContain(true);
  }
});
