import { z } from 'zod';

const answerSchema = z.object({
  status: z.string(),
  dependencies: z.record(z.string(), z.string()).default({}),
});

/**
 * Asks a service's `/readyz`. Resolves to why it is not ready, naming each failing dependency; to undefined when it is.
 */
export function whyServiceNotReady(readyzUrl: string, timeoutMs: number): Promise<string | undefined> {
  return whyNot(readyzUrl, timeoutMs, async (response) => {
    const { data } = answerSchema.safeParse(await response.json().catch(() => undefined));
    if (data?.status === 'stopping') return 'it is stopping';
    const failing = Object.entries(data?.dependencies ?? {}).filter(([, state]) => state !== 'ok');
    return failing.map(([name, state]) => `${name} is ${state}`).join(', ');
  });
}

/** Does the same for a part whose answer has a status only. */
export function whyNotOk(url: string, timeoutMs: number): Promise<string | undefined> {
  return whyNot(url, timeoutMs, async () => '');
}

async function whyNot(
  url: string,
  timeoutMs: number,
  explain: (response: Response) => Promise<string>,
): Promise<string | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    if (response.ok) return undefined;
    return (await explain(response)) || `${url} answers ${response.status}`;
  } catch (error) {
    const isTimeout = error instanceof Error && error.name === 'TimeoutError';
    return isTimeout ? `no answer within ${timeoutMs} ms` : 'does not listen yet';
  }
}
