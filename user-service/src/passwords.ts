import { availableParallelism } from 'node:os';
import { HttpError } from '@vitrine/service-kit/http-error';
import bcrypt from 'bcrypt';
import pLimit from 'p-limit';
import { MAX_PASSWORD_BYTES } from './user';

export interface Hashing {
  hash(password: string): Promise<string>;
  /** Whether the password matches the hash. Without a hash it is false, after the same time. */
  matches(password: string, hash: string | undefined): Promise<boolean>;
}

export interface Passwords {
  /**
   * Runs the work, which hashes once, when one of the slots is free.
   *
   * @throws HttpError 499 when the client has gone by then: under overload, hashes for clients that gave up would make
   * all others give up as well
   */
  runLimited<Result>(
    work: (hashing: Hashing) => Promise<Result>,
    isClientWaiting?: () => boolean,
  ): Promise<Result>;
}

/**
 * A hash keeps a core busy on a thread of libuv's pool, so there are as many slots as cores. On two cores, twenty
 * logins at once take 0.8 s (1.4 s with one slot) while other requests have a p95 of 9 ms (6 ms). The limit is three,
 * because the pool has four threads, and DNS and files need one.
 */
const HASHES_AT_ONCE = Math.min(availableParallelism(), 3);

/** bcrypt with the given cost (2^cost rounds). */
export function createPasswords(cost: number): Passwords {
  const limit = pLimit(HASHES_AT_ONCE);
  // The dummy is well formed and matches no known password.
  const dummyHash = bcrypt.genSaltSync(cost) + 'x'.repeat(31);

  const hashing: Hashing = {
    hash: (password) => bcrypt.hash(password, cost),
    async matches(password, hash) {
      const isMatch = await bcrypt.compare(password, hash ?? dummyHash);
      return isMatch && hash !== undefined && Buffer.byteLength(password) <= MAX_PASSWORD_BYTES;
    },
  };
  return {
    runLimited: (work, isClientWaiting = () => true) =>
      limit(() => {
        if (!isClientWaiting()) throw new HttpError(499, 'The client has gone');
        return work(hashing);
      }),
  };
}
