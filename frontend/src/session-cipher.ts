import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Text that only who knows the secret can read or make. */
export interface Seal {
  close(text: string): string;
  /** @returns undefined for what was not closed with this secret */
  open(sealed: string): string | undefined;
}

/** AES-256-GCM under a key derived from the secret; sealed text is base64 of initialization vector, tag and cipher text. */
export function createSeal(secret: string): Seal {
  // As a key object: for one in a buffer, Node throws and catches an error at each use.
  const key = createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', 'session data', 32)));
  return {
    close(text) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, iv);
      const content = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), content]).toString('base64');
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, 'base64');
      try {
        const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES));
        decipher.setAuthTag(bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
        return (
          decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
        );
      } catch {
        return undefined;
      }
    },
  };
}
