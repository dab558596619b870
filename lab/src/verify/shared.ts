/** Lets all who ask within `ms` have the same answer. */
export function shared<Answer>(read: () => Promise<Answer>, ms = 1500): () => Promise<Answer> {
  let latest: Promise<Answer> | undefined;
  let readAtMs = 0;
  return () => {
    if (latest === undefined || Date.now() - readAtMs > ms) {
      readAtMs = Date.now();
      latest = read();
    }
    return latest;
  };
}
