const MASK = '[redacted]';

const SECRET_KEY = /password|passwd|secret|token|cookie|authorization|api[._-]?key|e-?mail/i;

/**
 * Secrets and personal data as they look inside a text: e-mail addresses (also with %40), `Basic`/`Bearer`
 * credentials, `password=…` pairs (also `new_password[]=…`), api keys (43 characters of base64url), session ids as in a
 * signed cookie, and payment card numbers (13 to 19 digits that begin as theirs do, alone or in groups). The end of an
 * escape such as `%2F` counts as the beginning of a word. Bounded repetition: the text may be an attacker's, and every
 * place in it is tried.
 */
const SECRET_TEXT =
  /[\p{L}\p{N}_.+'-]{1,64}(?:@|%40)[\w-]+\.[\w.-]+|(?:\b|(?<=%[\da-f]{2}))(?:basic|bearer)(?:\s|%20|\+)+[\w.~+/=-]{6,}|(?:password|passwd|api[._-]?key|token|secret)(?:\[\]|%5b%5d)?"?\s*(?:[=:]|%3d)\s*"?[^&\s",}]+|s(?::|%3a)[\w-]{20,}\.[\w+/=%-]+|(?<=^|[^\w-]|%[\da-f]{2})[\w-]{43}(?![\w-])|(?<=^|[^\w.-]|%[\da-f]{2})[2-6](?:(?:[ +-]|%20)?\d){12,18}(?![\w-])/giu;

/** Methods, routes, paths and user agents repeat all the time: so many texts are remembered, of so many characters. */
const MAX_KNOWN = 200;
const MAX_KNOWN_LENGTH = 200;
const unmasked = new Set<string>();

/** The text with everything in it that looks like a secret or an e-mail address replaced. */
export function maskText(text: string): string {
  if (text.length < 6 || unmasked.has(text)) return text;
  const masked = text.replace(SECRET_TEXT, MASK);
  if (masked === text && text.length <= MAX_KNOWN_LENGTH) {
    if (unmasked.size === MAX_KNOWN) unmasked.clear();
    unmasked.add(text);
  }
  return masked;
}

/** Deeper than anything worth logging; what refers to itself ends here. */
const MAX_DEPTH = 8;

/** What leads from a line to its trace is random: it may look like a card number, and is new in each request. */
const IDS = new Set(['trace_id', 'span_id']);

/** A copy of a log record's fields, at any depth, with secrets masked by key and by look; errors are described. */
export function maskFields(fields: object): Record<string, unknown> {
  return maskObject(fields, 0);
}

function maskObject(fields: object, depth: number): Record<string, unknown> {
  const masked: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    masked[key] = isSecretKey(key) ? MASK : IDS.has(key) ? value : maskValue(value, depth);
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
  return maskObject(value, depth + 1);
}

export interface ErrorDescription {
  type: string;
  message: string;
  /** With those of the causes. */
  stack?: string;
}

/** What may be told of an error, or of whatever else was thrown, besides {@link fieldsOf}. */
export function describeError(error: unknown): ErrorDescription {
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

/** The fields of errors of Node, undici and mysql2 that hold nothing of a client's. */
const TOLD_FIELDS = ['code', 'errno', 'syscall', 'sqlState'];

/** What tells errors of one class apart, as `error.code` and the like. */
export function fieldsOf(error: unknown): Record<string, string | number> {
  const fields: Record<string, string | number> = {};
  if (!(error instanceof Error)) return fields;
  for (const name of TOLD_FIELDS) {
    const value: unknown = Reflect.get(error, name);
    if (typeof value === 'string' || typeof value === 'number') fields[`error.${name}`] = value;
  }
  return fields;
}

/** Anything can be thrown, also what has no text, or throws when it is asked for one. */
function textOf(read: () => unknown): string {
  try {
    return String(read());
  } catch {
    return '';
  }
}

const knownKeys = new Map<string, boolean>();

/** Field names are few and repeat: each is matched against the pattern once. */
function isSecretKey(key: string): boolean {
  let isSecret = knownKeys.get(key);
  if (isSecret === undefined) {
    isSecret = SECRET_KEY.test(key);
    if (knownKeys.size < 1000) knownKeys.set(key, isSecret);
  }
  return isSecret;
}
