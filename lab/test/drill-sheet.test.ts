import { expect, test } from 'vitest';
import { chooseAlert, createSheet, sheetLines, sheetSchema } from '../src/drill/sheet.ts';
import { levels } from '../src/drill/situation.ts';
import { verdictLines } from '../src/drill/verdict.ts';
import type { WatchedAlert } from '../src/scenario/alert-watch.ts';
import type { PartStatus } from '../src/stack.ts';

const complaint = 'A customer writes: “I get an apology in place of the products.”';
const plain = (text: string) => text;

function anAlert(name: string, of: Record<string, string>, times: Partial<WatchedAlert> = {}): WatchedAlert {
  const annotations = { summary: `${Object.values(of)[0]} answers 38 % of its requests with 5xx` };
  return { name, labels: { alertname: name, ...of }, annotations, pendingMs: 1000, ...times };
}

const parts: PartStatus[] = (['frontend', 'prometheus', 'jaeger', 'loki', 'console'] as const).map(
  (part, index) => ({ part, state: 'ready', address: `http://127.0.0.1:${19_090 + index}` }),
);

function aSheet(level: 1 | 2 | 3, alert?: WatchedAlert) {
  return createSheet({ level, untilMs: Date.now() + 60_000, complaint, alert, parts });
}

test('When several alerts are active, then somebody is called for that of the customers, else for the first', () => {
  const [burn, lost, product, frontend] = [
    anAlert('ErrorBudgetBurn', { service_name: 'frontend' }),
    anAlert('TelemetryLost', { exporter: 'jaeger' }),
    anAlert('ServiceDown', { service_name: 'product-service' }),
    anAlert('HighErrorRate', { service_name: 'frontend' }),
  ];
  expect(chooseAlert([burn, lost, product, frontend])).toBe(frontend);
  expect(chooseAlert([burn, lost, product])).toBe(product);
  expect(chooseAlert([burn, lost])).toBeUndefined();
});

test('When there is a sheet, then it has the alert or the complaint, and what is there to look at', () => {
  const sheet = aSheet(1, anAlert('HighErrorRate', { service_name: 'frontend' }, { firingMs: 2000 }));
  expect(sheetSchema.parse(JSON.parse(JSON.stringify(sheet)))).toEqual(sheet);
  expect(sheet).toMatchObject({
    alert: { name: 'HighErrorRate', labels: { service_name: 'frontend' }, state: 'firing' },
    answers: { at_most: 1 },
  });
  expect(sheet).not.toHaveProperty('complaint');
  expect(Object.keys(sheet.backends)).toEqual(['console', 'prometheus', 'jaeger', 'loki']);
  expect(aSheet(3)).toMatchObject({ complaint, answers: { at_most: 2 } });
});

test.for(levels)(
  'When a sheet of level %i is shown, then it fits 80 columns, and says what to do next',
  (level) => {
    for (const alert of [undefined, anAlert('HighErrorRate', { service_name: 'frontend' })]) {
      const lines = sheetLines(aSheet(level, alert), plain);
      expect(lines.filter((line) => line.length > 80)).toEqual([]);
      const text = lines.join('\n');
      expect(text).toContain(alert ? 'HighErrorRate is pending since' : complaint);
      for (const said of [
        'product_dbase',
        'none',
        'hanging',
        './vitrine drill answer',
        './vitrine drill done',
      ])
        expect(text).toContain(said);
    }
  },
);

test('When a drill is over, then the grade and the truth are shown', () => {
  const lines = verdictLines(
    {
      ...{ seed: 24, level: 2, solved: false, points: 45, of: 100, answer: 'loki crashed' },
      steps: [{ name: 'located', points: 15, of: 30, why: 'it was product_dbase, not loki' }],
      truth: [{ part: 'product_dbase', cause: 'slow', what: 'product_dbase was slow' }],
      red_herring: 'somebody tried usernames and passwords at the login',
      evidence: { alerts: ['a', 'a'], traces: ['t  GET /'], log_lines: ['b\u001b[2J', 'b'] },
      report: '/home/report.html',
    },
    (_, text) => text,
  );
  expect(lines).toEqual([
    '',
    'Not solved: 45 of 100 points. Your answer: loki crashed.',
    '',
    '  located    15 of 30  it was product_dbase, not loki',
    ...['', 'What was wrong', '  product_dbase was slow.'],
    '  Beside it, somebody tried usernames and passwords at the login.',
    ...['', 'What showed it', '  a', '  b', '', 'Traces', '  t  GET /', ''],
    'The post-mortem: /home/report.html',
    'The same situation again: ./vitrine drill --seed 24 --level 2',
  ]);
});

test('Where no part can be hanging, then a sheet does not offer it, nor its repair', () => {
  const options = {
    level: 1,
    untilMs: Date.now(),
    complaint,
    alert: undefined,
    parts,
    canPause: false,
  } as const;
  const sheet = createSheet(options);
  expect(sheet.answers.causes).not.toContain('hanging');
  expect(sheetLines(sheet, plain).join()).not.toMatch(/hanging|resume/);
});
