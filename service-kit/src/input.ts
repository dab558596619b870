import { z } from 'zod';
import { type FieldError, HttpError } from './http-error';

/** Control characters, line separators, bidirectional controls, lone surrogates, and U+FFFD from invalid UTF-8. */
const UNFIT_FOR_TEXT = /[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069\ufffd]/u;

/** Any character but spaces, joiners and combining marks. */
const VISIBLE = /[^\p{Z}\p{M}\p{Default_Ignorable_Code_Point}]/u;

const requiredOr = (message: string) => (issue: { input?: unknown }) =>
  issue.input === undefined ? 'is required' : message;

const isClean = (text: string) => !UNFIT_FOR_TEXT.test(text);
const unclean = 'must not contain control characters';

/** Counts as a person, MySQL and OpenAPI do: `length` counts an emoji twice. */
export function countCharacters(text: string): number {
  return [...text].length;
}

/** Accepts a password as typed (NFC, not trimmed), without control characters. */
export function secretText() {
  return z
    .string({ error: requiredOr('must be text') })
    .normalize('NFC')
    .refine(isClean, unclean);
}

/** Accepts one line of text: NFC, trimmed, `min` to `max` characters, without control characters. */
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

/** Accepts a whole number from `min` to `max`, as a JSON number or as decimal digits. */
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

/** The largest value of MySQL's INT UNSIGNED, the type of ids. */
export const MAX_ID = 4_294_967_295;

/** Accepts an id in a path or query: a positive decimal without leading zeros. */
export const id = z
  .string()
  .regex(/^[1-9][0-9]{0,9}$/, 'must be an id')
  .transform(Number)
  .refine((value) => value <= MAX_ID, 'must be an id')
  .meta({ override: { type: 'integer', minimum: 1, maximum: MAX_ID } });

/** Parses data from outside. @throws HttpError 400 with the first mistake of each invalid field */
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
