const MASK = '[redacted]';

const SECRET_KEY = /password|passwd|secret|token|cookie|authorization|api[._-]?key|e-?mail/i;

/**
 * Secrets and personal data as they look inside a text: e-mail addresses (also with %40), `Basic`/`Bearer`
 * credentials, `password=…` pairs, api keys (43 characters of base64url), session ids as in a signed cookie, and payment
 * card numbers (13 to 19 digits that begin as theirs do, alone or in groups). The end of an escape such as `%2F` counts
 * as the beginning of a word. Bounded repetition: the text may be an attacker's, and every place in it is tried.
 */
const SECRET_TEXT =
  /[\p{L}\p{N}_.+'-]{1,64}(?:@|%40)[\w-]+\.[\w.-]+|(?:\b|(?<=%[\da-f]{2}))(?:basic|bearer)(?:\s|%20|\+)+[\w.~+/=-]{6,}|(?:\b|(?<=%[\da-f]{2}))(?:password|passwd|api_?key|token|secret)"?\s*(?:[=:]|%3d)\s*"?[^&\s",}]+|s(?::|%3a)[\w-]{20,}\.[\w+/=%-]+|(?<=^|[^\w-]|%[\da-f]{2})[\w-]{43}(?![\w-])|(?<=^|[^\w.-]|%[\da-f]{2})[2-6](?:(?:[ +-]|%20)?\d){12,18}(?![\w-])/giu;

/** Methods, routes, paths and user agents repeat all the time: so many of at most so many characters are remembered. */
const MAX_KNOWN = 1000;
const MAX_KNOWN_LENGTH = 200;
const knownTexts = new Map<string, string>();

/** The text with everything in it that looks like a secret or an e-mail address replaced. */
export function maskText(text: string): string {
  if (text.length < 6) return text;
  const known = knownTexts.get(text);
  if (known !== undefined) return known;
  const masked = text.replace(SECRET_TEXT, MASK);
  if (text.length <= MAX_KNOWN_LENGTH) {
    if (knownTexts.size === MAX_KNOWN) knownTexts.clear();
    knownTexts.set(text, masked);
  }
  return masked;
}

/** Deeper than anything worth logging; what refers to itself ends here. */
const MAX_DEPTH = 8;

/** A copy of a log record's fields, at any depth, with secrets masked by key and by look. Errors are left alone. */
export function maskFields(fields: object): Record<string, unknown> {
  return maskObject(fields, 0);
}

function maskObject(fields: object, depth: number): Record<string, unknown> {
  const masked: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    masked[key] = isSecretKey(key) ? MASK : maskValue(value, depth);
  }
  return masked;
}

function maskValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return maskText(value);
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  if (depth === MAX_DEPTH) return MASK;
  if (Array.isArray(value)) return value.map((item) => maskValue(item, depth + 1));
  if ('toJSON' in value && typeof value.toJSON === 'function') return maskValue(value.toJSON(), depth + 1);
  return maskObject(value, depth + 1);
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
