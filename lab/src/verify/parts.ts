import { withDelivery } from '../delivery.ts';
import type { Prometheus } from '../query/prometheus.ts';
import type { PartStatus, Stack } from '../stack.ts';
import type { Check } from './check.ts';
import { shared } from './shared.ts';

/** Checks that every part that can be had here is ready, and gets its telemetry. */
export function checkParts(
  stack: Stack,
  prometheus: Prometheus,
  parts: readonly PartStatus[],
): readonly Check[] {
  const read = shared(async () => withDelivery(await stack.status(), prometheus));
  return parts
    .filter(({ state }) => state !== 'unavailable')
    .map(({ part }) => ({
      ...{ group: 'part', name: part },
      look: async () => {
        const now = (await read()).find((one) => one.part === part);
        return now === undefined || now.state === 'ready' ? [] : [whatHelps(now)];
      },
    }));
}

function whatHelps({ part, state, detail }: PartStatus): string {
  const why = detail === undefined ? '' : `: ${detail}`;
  if (state === 'paused') return `${part} is paused${why}. ./vitrine resume ${part} ends that.`;
  if (state === 'not ready') return `${part} is not ready${why}. ./vitrine logs ${part} may say more.`;
  return `${part} is ${state}${why}. ./vitrine logs ${part} shows its end; ./vitrine start ${part} starts it.`;
}
