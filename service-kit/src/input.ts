import { z } from 'zod';
import { type FieldError, HttpError } from './http-error';

/** Controls of lines and of writing direction, halves of a surrogate pair, and what broken UTF-8 turns into. */
const UNFIT_FOR_TEXT = /[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069\ufffd]/u;

/** Something to see: not only spaces, joiners or combining marks. */
const VISIBLE = /[^\p{Z}\p{M}\p{Default_Ignorable_Code_Point}]/u;

const requiredOr = (message: string) => (issue: { input?: unknown }) =>
  issue.input === undefined ? 'is required' : message;

const isClean = (text: string) => !UNFIT_FOR_TEXT.test(text);
const unclean = 'must not contain control characters';

/** As a person, MySQL and OpenAPI count them: `length` counts an emoji twice. */
export function countCharacters(text: string): number {
  return [...text].length;
}

/** A password or the like: text as typed (NFC, not trimmed), without control characters. */
export function secretText() {
  return z
    .string({ error: requiredOr('must be text') })
    .normalize('NFC')
    .refine(isClean, unclean);
}

/** One line of text: NFC, trimmed, `min` to `max` characters, without control characters. */
export function text(min: number, max: number) {
  return z
    .string({ error: requiredOr('must be text') })
    .normalize('NFC')
    .trim()
    .refine(isClean, unclean)
    .refine((value) => min === 0 || VISIBLE.test(value), 'must not be empty')
    .refine((value) => countCharacters(value) >= min, `must have at least ${min} characters`)
    .refine((value) => countCharacters(value) <= max, `must have at most ${max} characters`)
    .meta({ minLength: min, maxLength: max });
}

/** A whole number as a JSON number or as decimal digits, `min` to `max`. */
export function integer(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  const bounded = z
    .int({ error: requiredOr(message) })
    .min(min, message)
    .max(max, message);
  return z
    .preprocess(
      (value) => (typeof value === 'string' && /^[0-9]{1,15}$/.test(value) ? Number(value) : value),
      bounded,
    )
    .meta({ override: { type: 'integer', minimum: min, maximum: max } });
}

/** Largest value of MySQL's INT UNSIGNED, in which ids are kept. */
export const MAX_ID = 4_294_967_295;

/** An id in a path or query: a positive decimal without leading zeros, within the column's range. */
export const id = z
  .string()
  .regex(/^[1-9][0-9]{0,9}$/, 'must be an id')
  .transform(Number)
  .refine((value) => value <= MAX_ID, 'must be an id')
  .meta({ override: { type: 'integer', minimum: 1, maximum: MAX_ID } });

/** Checks data from outside; throws 400 with a line for each field that is wrong: the first thing to put right. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const messages = new Map<string, string>();
  for (const { path, message } of result.error.issues) {
    const field = path.join('.');
    if (!messages.has(field)) messages.set(field, message);
  }
  throw invalidInput(Array.from(messages, ([field, message]) => ({ field, message })));
}

/** 400 for input that was understood and is wrong. */
export function invalidInput(errors: FieldError[]): HttpError {
  return new HttpError(400, 'Invalid input', { errors });
}

/** 409 for a value that must be unique and is taken already. */
export function taken(field: string): HttpError {
  return new HttpError(409, `${field} is already taken`, {
    errors: [{ field, message: 'is already taken' }],
  });
}
