import { availableParallelism } from 'node:os';
import { HttpError } from '@vitrine/service-kit/http-error';
import bcrypt from 'bcrypt';
import pLimit from 'p-limit';
import { MAX_PASSWORD_BYTES } from './user';

export interface Hashing {
  hash(password: string): Promise<string>;
  /** Whether it is the password behind the hash. Without a hash: false, after as long as with one. */
  matches(password: string, hash: string | undefined): Promise<boolean>;
}

export interface Passwords {
  /**
   * Runs the work, which hashes once, when it is its turn.
   *
   * @throws HttpError 499 when by then nobody waits for the answer: under overload, hashes for those who gave up would
   * make all the others give up as well
   */
  inTurn<Result>(work: (hashing: Hashing) => Promise<Result>, isStillWanted?: () => boolean): Promise<Result>;
}

/**
 * A hash keeps a core busy for its whole time, on a thread of libuv's pool. As many as there are cores: on two, twenty
 * logins at once take 0.8 s (one hash at a time: 1.4 s) while other requests have a p95 of 9 ms (6 ms). At most three,
 * for the pool has four threads, and DNS and files need one.
 */
const TURNS_AT_ONCE = Math.min(availableParallelism(), 3);

/** bcrypt with the given cost (2^cost rounds). */
export function createPasswords(cost: number): Passwords {
  const limit = pLimit(TURNS_AT_ONCE);
  // Well formed, and the hash of nothing anybody knows.
  const dummyHash = bcrypt.genSaltSync(cost) + 'x'.repeat(31);

  const hashing: Hashing = {
    hash: (password) => bcrypt.hash(password, cost),
    async matches(password, hash) {
      const isMatch = await bcrypt.compare(password, hash ?? dummyHash);
      return isMatch && hash !== undefined && Buffer.byteLength(password) <= MAX_PASSWORD_BYTES;
    },
  };
  return {
    inTurn: (work, isStillWanted = () => true) =>
      limit(() => {
        if (!isStillWanted()) throw new HttpError(499, 'The client has gone');
        return work(hashing);
      }),
  };
}
