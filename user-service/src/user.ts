import { countCharacters, secretText, text, UNFIT } from '@vitrine/service-kit/input';
import { z } from 'zod';

/** bcrypt silently ignores everything after this. */
export const MAX_PASSWORD_BYTES = 72;

/** Unique regardless of case, and ASCII only, so that two names that look the same are the same. */
export const username = text(3, 32, {
  pattern: '[A-Za-z0-9._-]{3,}',
  message: 'must consist of letters without accents, digits, ".", "_" and "-"',
});

/** ASCII, then what takes two bytes, then three, then any: as many characters as surely fit into 72 bytes. */
const passwordPattern = String.raw`^(?:[ -~]{8,72}|[ -~\u00a0-\u07ff]{8,36}|[ -~\u00a0-\u2027\u202f-\u2065\u206a-\ufffc]{8,24}|[^${UNFIT}]{8,18})$`;

export const password = secretText()
  .refine((value) => countCharacters(value) >= 8, 'must have at least 8 characters')
  .refine(
    (value) => Buffer.byteLength(value) <= MAX_PASSWORD_BYTES,
    `must have at most ${MAX_PASSWORD_BYTES} bytes`,
  )
  .meta({
    override: { pattern: passwordPattern },
    description:
      'At least 8 characters, and at most 72 bytes in UTF-8. Patterns cannot count bytes: this one leaves out some ' +
      'passwords of more than 18 characters from several scripts, which are accepted too.',
    example: 'correct horse',
  });

/** Accepts what browsers accept in `<input type=email>`: https://html.spec.whatwg.org/#valid-e-mail-address */
const email = text(1, 254, {
  pattern: z.regexes.html5Email.source.slice(1, -1),
  message: 'must be an e-mail address',
}).meta({ example: 'ada@example.com' });

export const registration = z.object({
  first_name: text(1, 100),
  last_name: text(1, 100),
  email,
  username,
  password,
});

/** A user without password and api keys. */
export const user = z
  .object({
    id: z.int(),
    username: z.string(),
    email: z.string(),
    first_name: z.string(),
    last_name: z.string(),
    is_active: z.boolean(),
    is_admin: z.boolean(),
  })
  .meta({ id: 'User' });

export type User = z.output<typeof user>;
