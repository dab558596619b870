import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { maskFields, maskText, secretKeys, secretTexts } from '@vitrine/service-kit/mask';
import { spans as kitSpans } from '@vitrine/service-kit/registry/kit';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { createRandom } from '../src/random.ts';
import { canaries, secretTexts as canaryTexts, harmlessTexts, secretFields } from './stack/canaries.ts';

const pipeline = readFileSync(resolve(import.meta.dirname, '../../otel-collector-config.yaml'), 'utf8');
const { redaction } = z
  .object({
    processors: z.object({
      redaction: z.object({
        blocked_key_patterns: z.array(z.string()),
        blocked_values: z.array(z.string()),
        ignored_keys: z.array(z.string()),
      }),
    }),
  })
  .parse(parse(pipeline)).processors;

test('When a name or text is secret to service-kit, then it is to the collector, and the other way round', () => {
  expect(redaction.blocked_key_patterns).toEqual(secretKeys.map((pattern) => `(?i)${pattern}`));
  expect(redaction.blocked_values).toEqual(secretTexts.map(inGo));
});

test('The collector reads every text that may come from outside, whatever its key', () => {
  const kit = Object.values(kitSpans).flatMap(({ attributes }) =>
    Object.entries<{ meaning: string }>(attributes),
  );
  const fromOutside = kit
    .filter(([, { meaning }]) => /masked|as sent|Host name/.test(meaning))
    .map(([key]) => key);
  expect(fromOutside).toEqual(
    expect.arrayContaining(['url.path', 'url.full', 'user_agent.original', 'server.address']),
  );
  const others = ['exception.message', 'exception.stacktrace', 'db.query.text', 'user.id'];
  expect(redaction.ignored_keys.filter((key) => [...fromOutside, ...others].includes(key))).toEqual([]);
});

test.each([
  { text: 'span.name', start: 'GET ' },
  { text: 'span.attributes["url.full"]', start: 'http://user-service:5001' },
  { text: 'span.attributes["url.path"]', start: '' },
  { text: 'span.attributes["http.route"]', start: '' },
  { text: 'span.attributes["server.address"]', start: '' },
])('When the collector spares $text the reading, then no pattern would have masked it', ({ text, start }) => {
  const spared = sparedPattern(text);
  const random = createRandom(1);
  const parts = [
    ...['/', '/:', ':', '.', '-', '_', '*', ' ', '=', '?ids=', ',', '%40', '@', '1', '22', '4111', '411111'],
    ...['api', 'cart', 'password', 'token', 's', 'bearer', 'cookie', 'x'.repeat(14), 'Ab'.repeat(10)],
  ];
  let count = 0;
  for (let round = 0; round < 50_000; round += 1) {
    const rest = Array.from({ length: random.between(1, 12) }, () => random.pick(parts)).join('');
    const drawn = `${start}${random.pick(['/', ''])}${rest}`;
    if (!spared.test(drawn)) continue;
    count += 1;
    expect(maskText(drawn)).toBe(drawn);
  }
  expect(count).toBeGreaterThan(100);
});

test('When the collector spares a statement the reading, then no pattern would have masked it', () => {
  const spared = sparedPattern('span.attributes["db.query.text"]');
  const random = createRandom(1);
  const parts = [
    ...[
      ' WHERE ',
      ' AND ',
      ', ',
      '(',
      ')',
      ' = ',
      '=',
      '=?',
      ' = ?',
      ' < ',
      '\n',
      '--',
      '.',
      '*',
      '+',
      "'",
      '"',
    ],
    ...['password', 'token', 'hunter', 'email', 'pw', 'a.id', 'UTC_TIMESTAMP(3)', 'TRUE', '50', '4111', '@'],
  ];
  let count = 0;
  for (let round = 0; round < 100_000; round += 1) {
    const rest = Array.from({ length: random.between(1, 12) }, () => random.pick(parts)).join('');
    const drawn = `SELECT id FROM users${rest}`;
    // The name of a column, TRUE, or a function of the database stands there, no value.
    const isColumn = /=\s?(?:a\.id|UTC|TRUE)/.test(drawn);
    if (isColumn || !spared.test(drawn)) continue;
    count += 1;
    expect(maskText(drawn)).toBe(drawn);
  }
  expect(count).toBeGreaterThan(100);
});

test.each([
  ['SELECT id FROM keys WHERE name = ? AND password = hunter', false],
  ["SELECT id FROM keys WHERE hash = 'a'", false],
  ['SELECT id FROM keys WHERE card = 4111', false],
  ['SELECT id FROM keys WHERE hash = "a"', false],
  ['SELECT id\n FROM keys WHERE hash = ? AND ends > UTC_TIMESTAMP(3) AND is_active = TRUE', true],
])('The collector reads %s, unless its values are placeholders', (statement, isSpared) => {
  expect(sparedPattern('span.attributes["db.query.text"]').test(statement)).toBe(isSpared);
});

/** The pattern of what the pipeline spares the reading. */
function sparedPattern(text: string): RegExp {
  const [, pattern = ''] = pipeline.split(`IsMatch(${text}, "`)[1]?.match(/^((?:[^"\\]|\\.)*)"/) ?? [];
  expect(pattern).not.toBe('');
  return new RegExp(JSON.parse(`"${pattern}"`));
}

/** Go has no look-behind, so what stands before a secret goes with it. */
function inGo({ before, text }: (typeof secretTexts)[number]): string {
  return `(?i)${before ? `(?:${before})` : ''}${text}`;
}

// The collector gets the same texts, see stack/pipeline.test.ts.
test.each(canaryTexts)('When service-kit masks %s, then no canary is left', (text) => {
  for (const canary of canaries) expect(maskText(text)).not.toContain(canary);
});

test('When service-kit masks fields, then no canary is left', () => {
  const text = JSON.stringify(maskFields(secretFields));
  for (const canary of canaries) expect(text).not.toContain(canary);
});

test.each(harmlessTexts)('When service-kit masks %s, then it stays as it is', (text) => {
  expect(maskText(text)).toBe(text);
});
