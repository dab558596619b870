import { z } from 'zod';
import { type FieldError, HttpError } from './http-error';

/** Control characters, line separators, bidirectional controls, and U+FFFD from invalid UTF-8, as in a class of a pattern. */
export const UNFIT = String.raw`\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufffd`;
const UNFIT_FOR_TEXT = new RegExp(String.raw`[${UNFIT}\p{Cs}]`, 'u');

/** What `trim` removes. Validators disagree about `\s`. */
const SPACE = String.raw`\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff`;

/** A letter, number, sign or symbol, except the letters of Hangul that fill a place. */
const VISIBLE = /(?![\u115f\u1160\u3164\uffa0])[\p{L}\p{N}\p{P}\p{S}]/u;

const requiredOr = (message: string) => (issue: { input?: unknown }) =>
  issue.input === undefined ? 'is required' : message;

const isClean = (text: string) => !UNFIT_FOR_TEXT.test(text);
const unclean = 'must not contain control characters';

/** Counts as a person, MySQL and OpenAPI do: `length` counts an emoji twice. */
export function countCharacters(text: string): number {
  return [...text].length;
}

/** Accepts a text as typed (NFC, not trimmed), such as a password, without control characters. */
export function secretText() {
  return z
    .string({ error: requiredOr('must be text') })
    .normalize('NFC')
    .refine(isClean, unclean)
    .meta({ override: { pattern: `^[^${UNFIT}]*$` } });
}

/**
 * Accepts one line of text: NFC, trimmed, `min` to `max` characters, without control characters. The shape is the source
 * of a regular expression for the whole of it. OpenAPI gets a pattern that says all this of the text as it is sent, with
 * spaces around it; it would not know of further checks.
 */
export function text(min: number, max: number, shape?: { pattern: string; message: string }) {
  const line = z
    .string({ error: requiredOr('must be text') })
    .normalize('NFC')
    .trim()
    .refine(isClean, unclean)
    .refine((value) => VISIBLE.test(value), 'must not be empty')
    .refine((value) => countCharacters(value) >= min, `must have at least ${min} characters`)
    .refine((value) => countCharacters(value) <= max, `must have at most ${max} characters`);
  const padded = (pattern: string) => `^[${SPACE}]*${pattern}[${SPACE}]*$`;
  const description = `${min} to ${max} characters, not counting spaces around them`;
  if (shape) {
    const pattern = padded(`(?!.{${max}}.*[^${SPACE}])${shape.pattern}`);
    return line
      .regex(new RegExp(`^${shape.pattern}$`), shape.message)
      .meta({ description, override: { pattern } });
  }
  const pattern = padded(`(?![${SPACE}])[^${UNFIT}]{${min},${max}}(?<![${SPACE}])`);
  return line.meta({ description, override: { pattern, allOf: [{ pattern: VISIBLE.source }] } });
}

/** Accepts a whole number from `min` to `max`, as a JSON number or as text, both in decimal digits. */
export function integer(min: 0 | 1, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  const digits = new RegExp(`^0*(?:${min === 0 ? '0|' : ''}${decimalsUpTo(max)})$`);
  const number = z.int(message).min(min, message).max(max, message);
  return z.union([number, z.string().regex(digits).transform(Number)], { error: requiredOr(message) });
}

/** Returns a pattern of the decimals from 1 to `max`, without leading zeros. */
function decimalsUpTo(max: number): string {
  const limit = String(max + 1);
  const shorter = limit.length > 1 ? [`[1-9][0-9]{0,${limit.length - 2}}`] : [];
  // A number of as many digits is below the limit if it begins like it, and goes on with a smaller digit.
  const asLong = Array.from(limit, (digit, index) => {
    const smallest = index === 0 ? 1 : 0;
    const smaller = `[${smallest}-${Number(digit) - 1}][0-9]{${limit.length - index - 1}}`;
    return Number(digit) > smallest ? [limit.slice(0, index) + smaller] : [];
  });
  return [...shorter, ...asLong.flat()].join('|');
}

/** The largest value of MySQL's INT UNSIGNED, the type of ids. */
export const MAX_ID = 4_294_967_295;

const ID = new RegExp(`^(?:${decimalsUpTo(MAX_ID)})$`);

/** Accepts an id in a path or query: a positive decimal without leading zeros. */
export const id = z
  .string()
  .refine((text) => ID.test(text), 'must be an id')
  .transform(Number)
  .meta({ override: { type: 'integer', minimum: 1, maximum: MAX_ID } });

/** Accepts up to `max` ids with commas between them, such as `1,2,3`. */
export function ids(max: number) {
  const one = `(?:${decimalsUpTo(MAX_ID)})`;
  const message = `must be 1 to ${max} ids, with commas between them`;
  return z
    .string({ error: message })
    .regex(new RegExp(`^${one}(?:,${one}){0,${max - 1}}$`), message)
    .transform((text) => text.split(',').map(Number));
}

/** Parses data from outside. @throws HttpError 400 with the first mistake of each invalid field */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const messages = new Map<string, string>();
  for (const issue of result.error.issues) {
    const isUnknown = issue.code === 'unrecognized_keys';
    for (const field of isUnknown ? issue.keys : [issue.path.join('.')])
      if (!messages.has(field)) messages.set(field, isUnknown ? 'is not known' : issue.message);
  }
  throw invalidInput(Array.from(messages, ([field, message]) => ({ field, message })));
}

/** Creates the 400 for well-formed input with mistakes. */
export function invalidInput(errors: FieldError[]): HttpError {
  return new HttpError(400, 'Invalid input', { errors });
}

/** Creates the 409 for a value that must be unique and is in use. */
export function taken(field: string): HttpError {
  return new HttpError(409, `${field} is already taken`, {
    errors: [{ field, message: 'is already taken' }],
  });
}
