const MASK = '[redacted]';

const { raw } = String;

/** Parts of names whose values are secret or personal, and short names that are so only as whole words. */
const NAME =
  'pass(?:word|wd|phrase)|secret|token|authorization|api[._-]?key|e-?mail|card[._-]?(?:number|no)|cvv|iban';
const SHORT_NAME = 'pass|pwd?|sid';

/**
 * Regular expressions for keys whose values are masked as a whole. They and {@link secretTexts} ignore case, and are
 * written in what JavaScript and Go have in common: otel-collector-config.yaml has the same, and a test compares them.
 */
export const secretKeys: readonly string[] = [
  `cookie|${NAME}`,
  raw`(?:^|[^a-z\d])(?:${SHORT_NAME})(?:$|[^a-z\d])`,
];

/** An escape of a URL or of JSON. A word may begin after one, though `%2F` and `\n` end with a letter. */
const ESCAPE = raw`(?:%|\\u00)[\da-f]{2}|\\[nrt]`;
const WORD_START = raw`\b|${ESCAPE}`;

/** What is within quotes, also escaped ones. */
const QUOTED = raw`\\?"(?:[^"\\]|\\[^"])*`;
/** A word, or credentials, or digits in groups. A lone `?` is no value: SQL has it in place of one. */
const UNQUOTED = raw`(?:%22)?(?:(?:bearer|basic)(?:\s|%20|\+)+)?(?:[^&\s",}\\?]|\?[^&\s",;)}\\])[^&\s",}\\]*(?: \d{4,6}){0,3}`;
/** The rest of `password=…`, `password[]=…`, `"password": "…"` and the like. */
const VALUE = raw`(?:\[\]|%5b%5d)?\\?(?:"|%22)?\s*(?:[=:]|%3[ad])\s*(?:${QUOTED}|${UNQUOTED})`;

/**
 * Regular expressions for secrets and personal data inside a text, with what stands before them. Repetition is
 * bounded where a match may begin anywhere, because the text may be an attacker's.
 */
export const secretTexts: readonly { before?: string; text: string }[] = [
  // E-mail addresses, also percent-encoded; =, / and ? separate the parts of a URL.
  { text: raw`[\p{L}\p{N}_.+'%!#$&*^\x60{|}~-]{1,64}(?:@|%(?:25)*40)[\p{L}\p{N}-]+\.[\p{L}\p{N}.-]+` },
  // Credentials of an Authorization header.
  { before: WORD_START, text: raw`(?:basic|bearer)(?:\s|%20|\+)+[\w.~+/=-]{6,}` },
  { text: `(?:${NAME})${VALUE}` },
  { before: raw`^|[^a-z\d]|${ESCAPE}`, text: `(?:${SHORT_NAME})${VALUE}` },
  // A header with cookies, to its end.
  { text: raw`cookie\\?"?\s*(?:[=:]|%3[ad]).*` },
  // Session ids as in a signed cookie.
  { before: WORD_START, text: raw`s(?::|%3a)[\w-]{20,}\.[\w+/=%-]+` },
  // Api keys of the shop: 43 characters of base64url.
  { before: raw`^|[^\w-]|${ESCAPE}`, text: raw`[\w-]{43}\b` },
  // Payment card numbers: 13 to 19 digits, the first one 2 to 6, alone or in groups.
  { before: raw`^|[^\w.-]|${ESCAPE}`, text: raw`[2-6](?:(?:[ +-]|%20)?\d){12,18}\b` },
];

const SECRET_KEY = new RegExp(secretKeys.join('|'), 'i');
const SECRET_TEXT = new RegExp(
  secretTexts.map(({ before, text }) => (before ? `(?<=${before})${text}` : text)).join('|'),
  'giu',
);

/** Methods, routes, paths and user agents repeat, so a limited number of short texts is remembered. */
const MAX_KNOWN = 200;
const MAX_KNOWN_LENGTH = 200;
const unmasked = new Set<string>();
const SHORTEST_SECRET = 'pw=x';

/** Replaces everything in the text that looks like a secret or an e-mail address. */
export function maskText(text: string): string {
  if (text.length < SHORTEST_SECRET.length || unmasked.has(text)) return text;
  const masked = text.replace(SECRET_TEXT, MASK);
  if (masked === text && text.length <= MAX_KNOWN_LENGTH) {
    if (unmasked.size === MAX_KNOWN) unmasked.clear();
    unmasked.add(text);
  }
  return masked;
}

/** Deeper than anything worth logging; it also ends circular references. */
const MAX_DEPTH = 8;

/** The least that a card number can be. */
const MIN_CARD_NUMBER = 2e12;

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
  if (typeof value === 'number' && value >= MIN_CARD_NUMBER && maskText(String(value)) === MASK) return MASK;
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
