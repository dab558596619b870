import { z } from 'zod';

const answerSchema = z.object({ dependencies: z.record(z.string(), z.string()) });

/**
 * Asks a service's `/readyz`. Resolves to why it is not ready, naming each dependency that fails; to
 * undefined when it is.
 */
export async function whyServiceNotReady(readyzUrl: string, timeoutMs: number): Promise<string | undefined> {
  try {
    const response = await fetch(readyzUrl, { signal: AbortSignal.timeout(timeoutMs) });
    if (response.ok) return undefined;
    const { data } = answerSchema.safeParse(await response.json().catch(() => undefined));
    const failing = Object.entries(data?.dependencies ?? {}).filter(([, state]) => state !== 'ok');
    return failing.length > 0
      ? failing.map(([name, state]) => `${name} is ${state}`).join(', ')
      : `${readyzUrl} answers ${response.status}`;
  } catch (error) {
    const isTimeout = error instanceof Error && error.name === 'TimeoutError';
    return isTimeout ? `no answer within ${timeoutMs} ms` : 'does not listen yet';
  }
}
