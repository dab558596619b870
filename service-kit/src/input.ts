import { z } from 'zod';
import { type FieldError, HttpError } from './http-error';

/** Control characters, line and paragraph separators, halves of a surrogate pair, and what broken UTF-8 turns into. */
const UNFIT_FOR_TEXT = /[\p{Cc}\p{Cs}\u2028\u2029\ufffd]/u;

const requiredOr = (message: string) => (issue: { input?: unknown }) =>
  issue.input === undefined ? 'is required' : message;

const isClean = (text: string) => !UNFIT_FOR_TEXT.test(text);
const unclean = 'must not contain control characters';

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
    .min(min, min === 1 ? 'must not be empty' : `must have at least ${min} characters`)
    .max(max, `must have at most ${max} characters`);
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

/** Checks data from outside; throws 400 with a line for each field that is wrong. */
export function parseInput<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw invalidInput(result.error.issues.map(({ path, message }) => ({ field: path.join('.'), message })));
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
