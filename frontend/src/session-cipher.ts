import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts and authenticates session data. */
export interface SessionCipher {
  encrypt(text: string): string;
  /** @returns undefined for data that was not encrypted with this secret */
  decrypt(encrypted: string): string | undefined;
}

/** AES-256-GCM with a key derived from the secret; the result is base64 of IV, tag and ciphertext. */
export function createSessionCipher(secret: string): SessionCipher {
  // A key object is faster than a buffer, for which Node throws and catches an error at each use.
  const key = createSecretKey(Buffer.from(hkdfSync('sha256', secret, '', 'session data', 32)));
  return {
    encrypt(text) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, iv);
      const content = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), content]).toString('base64');
    },
    decrypt(encrypted) {
      const bytes = Buffer.from(encrypted, 'base64');
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
