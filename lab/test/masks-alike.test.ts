import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { maskFields, maskText, secretKeys, secretTexts } from '@vitrine/service-kit/mask';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { canaries, secretTexts as canaryTexts, harmlessTexts, secretFields } from './stack/canaries.ts';

const pipeline = readFileSync(resolve(import.meta.dirname, '../../otel-collector-config.yaml'), 'utf8');
const { redaction } = z
  .object({
    processors: z.object({
      redaction: z.object({
        blocked_key_patterns: z.array(z.string()),
        blocked_values: z.array(z.string()),
      }),
    }),
  })
  .parse(parse(pipeline)).processors;

test('When a name or text is secret to service-kit, then it is to the collector, and the other way round', () => {
  expect(redaction.blocked_key_patterns).toEqual(secretKeys.map((pattern) => `(?i)${pattern}`));
  expect(redaction.blocked_values).toEqual(secretTexts.map(inGo));
});

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
