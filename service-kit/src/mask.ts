const MASK = '[redacted]';

const SECRET_KEY = /password|passwd|secret|token|cookie|authorization|api[._-]?key|e-?mail/i;

/**
 * Matches secrets and personal data inside a text: e-mail addresses (also percent-encoded), `Basic`/`Bearer` credentials,
 * `password=…` pairs (also `new_password[]=…`), api keys (43 characters of base64url), session ids as in a signed cookie,
 * and payment card numbers (13 to 19 digits, the first one 2 to 6, alone or in groups). A word may begin after an escape
 * such as `%2F`. Repetition is bounded, because the text may be an attacker's and the regex tries every position in it.
 */
const SECRET_TEXT =
  /[\p{L}\p{N}_.+'%!#$&*^`{|}~-]{1,64}(?:@|%(?:25)*40)[\w-]+\.[\w.-]+|(?:\b|(?<=%[\da-f]{2}))(?:basic|bearer)(?:\s|%20|\+)+[\w.~+/=-]{6,}|(?:password|passwd|api[._-]?key|token|secret)(?:\[\]|%5b%5d)?(?:"|%22)?\s*(?:[=:]|%3[ad])\s*(?:"|%22)?[^&\s",}]+|s(?::|%3a)[\w-]{20,}\.[\w+/=%-]+|(?<=^|[^\w-]|%[\da-f]{2})[\w-]{43}(?![\w-])|(?<=^|[^\w.-]|%[\da-f]{2})[2-6](?:(?:[ +-]|%20)?\d){12,18}(?![\w-])/giu;

/** Methods, routes, paths and user agents repeat, so a limited number of short texts is remembered. */
const MAX_KNOWN = 200;
const MAX_KNOWN_LENGTH = 200;
const unmasked = new Set<string>();

/** Replaces everything in the text that looks like a secret or an e-mail address. */
export function maskText(text: string): string {
  if (text.length < 6 || unmasked.has(text)) return text;
  const masked = text.replace(SECRET_TEXT, MASK);
  if (masked === text && text.length <= MAX_KNOWN_LENGTH) {
    if (unmasked.size === MAX_KNOWN) unmasked.clear();
    unmasked.add(text);
  }
  return masked;
}

/** Deeper than anything worth logging; it also ends circular references. */
const MAX_DEPTH = 8;

/** Copies a log record's fields, with secrets masked by key and by look at any depth, and errors described. */
export function maskFields(fields: object, depth = 0): Record<string, unknown> {
  const masked: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    masked[key] = isSecretKey(key) ? MASK : maskValue(value, depth);
  }
  return masked;
}

function maskValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return maskText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth === MAX_DEPTH) return MASK;
  if (value instanceof Error) return describeError(value);
  if (Array.isArray(value)) return value.map((item) => maskValue(item, depth + 1));
  if ('toJSON' in value && typeof value.toJSON === 'function') return maskValue(value.toJSON(), depth + 1);
  return maskFields(value, depth + 1);
}

/** Describes a thrown value by type, message and stack, with the stacks of its causes; {@link fieldsOf} has more. */
export function describeError(error: unknown): { type: string; message: string; stack?: string } {
  if (!(error instanceof Error)) return { type: typeof error, message: maskText(textOf(() => error)) };
  const stack = stackOf(error);
  return {
    type: error.name,
    message: maskText(textOf(() => error.message)),
    ...(stack && { stack: maskText(stack) }),
  };
}

function stackOf(error: Error, depth = 0): string {
  const stack = textOf(() => error.stack ?? '');
  return error.cause instanceof Error && depth < MAX_DEPTH
    ? `${stack}\nCaused by: ${stackOf(error.cause, depth + 1)}`
    : stack;
}

/** The fields of Node's, undici's and mysql2's errors that contain nothing from a client. */
const ERROR_FIELDS = ['code', 'errno', 'syscall', 'sqlState'];

/** Returns the fields that distinguish errors of one class, as `error.code` and so on. */
export function fieldsOf(error: unknown): Record<string, string | number> {
  const fields: Record<string, string | number> = {};
  if (!(error instanceof Error)) return fields;
  for (const name of ERROR_FIELDS) {
    const value: unknown = Reflect.get(error, name);
    if (typeof value === 'string' || typeof value === 'number') fields[`error.${name}`] = value;
  }
  return fields;
}

/** Converts a value to text, or to none: a thrown object may lack `toString`, or throw in a getter. */
function textOf(read: () => unknown): string {
  try {
    return String(read());
  } catch {
    return '';
  }
}

const knownKeys = new Map<string, boolean>();

/** Tests each field name once, since names are few and repeat. */
function isSecretKey(key: string): boolean {
  let isSecret = knownKeys.get(key);
  if (isSecret === undefined) {
    isSecret = SECRET_KEY.test(key);
    if (knownKeys.size < 1000) knownKeys.set(key, isSecret);
  }
  return isSecret;
}
