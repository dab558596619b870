import { poll } from '../lab/src/poll.ts';

/**
 * Sends a request again while it is answered with 503, for ten seconds at most: where many processes share a core, a
 * statement may take longer than a service waits for it.
 */
export async function untilServed<Reply extends { status: number }>(
  send: () => PromiseLike<Reply>,
): Promise<Reply> {
  let reply = await send();
  const isServed = async () => {
    if (reply.status !== 503) return true;
    reply = await send();
    return undefined;
  };
  await poll(isServed, { intervalMs: 50, limitMs: 10_000 });
  return reply;
}
