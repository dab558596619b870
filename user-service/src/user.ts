import { countCharacters, secretText, text } from '@vitrine/service-kit/input';
import { z } from 'zod';

/** bcrypt silently ignores everything after this. */
export const MAX_PASSWORD_BYTES = 72;

/** Unique regardless of case, and ASCII only, so that two names that look the same are the same. */
export const username = text(3, 32).regex(
  /^[A-Za-z0-9._-]*$/,
  'must consist of letters without accents, digits, ".", "_" and "-"',
);

export const password = secretText()
  .refine((value) => countCharacters(value) >= 8, 'must have at least 8 characters')
  .refine(
    (value) => Buffer.byteLength(value) <= MAX_PASSWORD_BYTES,
    `must have at most ${MAX_PASSWORD_BYTES} bytes`,
  )
  .meta({ minLength: 8, maxLength: 72, description: 'At most 72 bytes in UTF-8', example: 'correct horse' });

/** Accepts what browsers accept in `<input type=email>`: https://html.spec.whatwg.org/#valid-e-mail-address */
const email = text(1, 254)
  .regex(z.regexes.html5Email, 'must be an e-mail address')
  .meta({ example: 'ada@example.com' });

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
