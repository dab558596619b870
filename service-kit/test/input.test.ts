import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createSchema } from 'zod-openapi';
import { HttpError } from '../src/http-error';
import { id, integer, MAX_ID, parseInput, secretText, text } from '../src/input';

describe('When a field is a whole number from 1 to 99', () => {
  const quantity = integer(1, 99);

  test.for<[unknown, number]>([
    [1, 1],
    [99, 99],
    ['1', 1],
    ['99', 99],
    ['007', 7],
  ])('then %j is %j', ([written, read]) => {
    expect(quantity.parse(written)).toBe(read);
  });

  test.for<unknown>([
    ...[
      '1_0',
      ' 7 ',
      '7 ',
      '٣',
      '７',
      '1.5',
      '1.0',
      '1e3',
      '1e1',
      '0x10',
      '+1',
      '-1',
      '',
      ' ',
      'abc',
      '1\0',
      '½',
      '²',
    ],
    ...['0', '100', '9'.repeat(400), 'Infinity', 'NaN', '1,0'],
    ...[0, 100, 1.5, -1, 1e3, 2 ** 53, 1e300],
    ...[true, null, [], [1], ['1'], {}, { valueOf: () => 1 }, new Date(1)],
  ])('then %j is refused', (written) => {
    expect(messagesOf(quantity, written)).toStrictEqual(['must be a whole number from 1 to 99']);
  });

  test('then a missing one is required', () => {
    expect(messagesOf(quantity, undefined)).toStrictEqual(['is required']);
  });
});

describe('When a field is an id', () => {
  test.for(['1', '10', '4294967295'])('then %j is accepted', (written) => {
    expect(id.parse(written)).toBe(Number(written));
  });

  test.for([
    '0',
    '01',
    '-1',
    '+1',
    '1.0',
    '4294967296',
    '9'.repeat(30),
    ' 1',
    '1 ',
    '1\n',
    '٣',
    '',
    'a',
    1,
    null,
  ])('then %j is refused', (written) => {
    expect(id.safeParse(written).success).toBe(false);
  });
});

describe('When a field is a text of 2 to 5 characters', () => {
  const name = text(2, 5);

  test.for([
    ['ab', 'ab'],
    ['  ab\u00a0 ', 'ab'],
    ['😀😀😀😀😀', '😀😀😀😀😀'],
    ['e\u0301e\u0301e\u0301e\u0301e\u0301', 'ééééé'],
    ['a b', 'a b'],
    ['日本', '日本'],
  ])('then %j is %j', ([written, read]) => {
    expect(name.parse(written)).toBe(read);
  });

  test.for<[unknown, string]>([
    ['a', 'must have at least 2 characters'],
    [' a ', 'must have at least 2 characters'],
    ['😀', 'must have at least 2 characters'],
    ['abcdef', 'must have at most 5 characters'],
    ['a\0b', 'must not contain control characters'],
    ['a\nb', 'must not contain control characters'],
    ['a\u0085b', 'must not contain control characters'],
    ['a\u2028b', 'must not contain control characters'],
    ['\ud800ab', 'must not contain control characters'],
    ['ab\udc00', 'must not contain control characters'],
    ['a\ufffdb', 'must not contain control characters'],
    [12, 'must be text'],
    [null, 'must be text'],
    [['ab'], 'must be text'],
    [{ toString: () => 'ab' }, 'must be text'],
    [undefined, 'is required'],
  ])('then %j is refused because it %s', ([written, message]) => {
    expect(messagesOf(name, written)).toStrictEqual([message]);
  });

  test('then an empty one is refused', () => {
    expect(messagesOf(text(1, 5), '  ')).toStrictEqual(['must not be empty']);
  });
});

test('When a field is a secret, then spaces are kept and accents are composed', () => {
  expect(secretText().parse(' cafe\u0301 ')).toBe(' café ');
  expect(messagesOf(secretText(), 'a\0b')).toStrictEqual(['must not contain control characters']);
});

test.for([1, 9, 99, 100, 10_000_000, MAX_ID, MAX_ID + 1, Number.MAX_SAFE_INTEGER])(
  'When a whole number may be up to %i, then its digits are accepted from 1 to there',
  (max) => {
    const samples = [...aroundEachDigitOf(max), '9'.repeat(40)];
    const inRange = samples.filter((digits) => BigInt(digits) >= 1n && BigInt(digits) <= BigInt(max));
    expect(samples.filter((digits) => integer(1, max).safeParse(digits).success)).toEqual(inRange);
  },
);

describe('When OpenAPI describes a field', () => {
  const shape = { pattern: '[0-9]*[a-z-][a-z0-9-]*', message: 'must be a slug' };
  const fields: [what: string, schema: z.ZodType, samples: string[]][] = [
    [
      'a whole number',
      integer(0, 99),
      [...aroundEachDigitOf(99), '0', '00', '007', '', '1.0', ' 1', '1\n', '٣'],
    ],
    ['a text', text(1, 5), texts],
    ['a longer text', text(2, 5), texts],
    ['a text of a shape', text(1, 5, shape), [...texts, '1', '1-', '-', 'a1', '\tabcde\n', ' abcdef', 'A']],
    ['a secret', secretText(), texts],
  ];

  test.for(fields)('as %s, then it takes what is accepted, and nothing else', ([, schema, samples]) => {
    const accepted = samples.filter((sample) => schema.safeParse(sample).success);
    expect(accepted.length).toBeGreaterThan(0);
    expect(samples.filter((sample) => fits(createSchema(schema, { io: 'input' }).schema, sample))).toEqual(
      accepted,
    );
  });
});

const texts = [
  ...[
    '',
    ' ',
    'a',
    'ab',
    'abcde',
    'abcdef',
    ' abcde ',
    '\n\u00a0ab\ufeff\u2028',
    'a b',
    'a\u00a0b',
    'a\tb',
    'a\nb',
  ],
  ...[
    'a\0b',
    '\u0085a',
    'a\u2028b',
    'a\u202eb',
    'a\ufffdb',
    '\u200b',
    '\u200ba',
    '\u0301',
    '\u00ad',
    '\u3164',
    '\u3164a',
  ],
  ...['😀😀😀😀😀', '😀😀😀😀😀😀', '日本', '؟', '€', '٣'],
];

/** `max`, and the numbers that are one more or less in one of its digits. */
function aroundEachDigitOf(max: number): string[] {
  const steps = Array.from(String(max), (_, index) => 10n ** BigInt(index));
  return steps.flatMap((step) => [-step, 0n, step].map((by) => String(BigInt(max) + by)));
}

/** Whether a text fits the keywords of JSON Schema that describe our texts. */
function fits(schema: unknown, sample: string): boolean {
  const { type = 'string', pattern = '', anyOf, allOf = [] } = described.parse(schema);
  if (type !== 'string' || !new RegExp(pattern, 'u').test(sample)) return false;
  return allOf.every((part) => fits(part, sample)) && (anyOf?.some((part) => fits(part, sample)) ?? true);
}

const described = z.object({
  type: z.string().optional(),
  pattern: z.string().optional(),
  anyOf: z.array(z.unknown()).optional(),
  allOf: z.array(z.unknown()).optional(),
});

test('When several fields are invalid, then each is named once, with its first mistake', () => {
  const schema = z.object({
    name: text(2, 5).regex(/^[a-z]*$/, 'must be a-z'),
    qty: integer(1, 9),
    fine: z.string(),
  });
  const parse = () => parseInput(schema, { name: '!', qty: 'x', fine: 'yes', extra: 1 });
  expect(parse).toThrow(HttpError);
  expect(parse).toThrow(
    expect.objectContaining({
      status: 400,
      errors: [
        { field: 'name', message: 'must have at least 2 characters' },
        { field: 'qty', message: 'must be a whole number from 1 to 9' },
      ],
    }),
  );
});

test('When fields are unknown, then they are dropped', () => {
  const body = JSON.parse('{"name":"ab","is_admin":true,"__proto__":{"is_admin":true},"constructor":1}');
  const parsed = parseInput(z.object({ name: text(2, 5) }), body);
  expect(parsed).toStrictEqual({ name: 'ab' });
  expect(Object.keys(parsed)).toStrictEqual(['name']);
});

function messagesOf(schema: z.ZodType, input: unknown): string[] {
  try {
    parseInput(schema, input);
  } catch (error) {
    if (error instanceof HttpError) return error.errors?.map(({ message }) => message) ?? [];
    throw error;
  }
  return [];
}
