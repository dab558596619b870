import { setTimeout as wait } from 'node:timers/promises';
import type { Breaker } from '../faults/break-shop.ts';
import { serviceUrl } from '../service-url.ts';
import type { Settings } from '../settings.ts';
import { createShopper, type Shopper } from '../traffic/shopper.ts';
import { startTraffic } from '../traffic/traffic.ts';
import { mistype } from '../traffic/visits.ts';
import type { RedHerring } from './situation.ts';

const crowdPagesPerSecond = 10;
const betweenGuessesMs = 400;

/** Lets something conspicuous and harmless happen. Resolves to what ends it. */
export async function startRedHerring(
  redHerring: RedHerring,
  { settings, inject }: Pick<Breaker, 'inject'> & { settings: Settings },
): Promise<() => Promise<void>> {
  switch (redHerring.kind) {
    case 'restart':
      await inject({ restart_in_turn: [redHerring.part] }, { durationSeconds: 1 });
      return async () => {};
    case 'crowd':
      return (await startTraffic(settings, crowdPagesPerSecond)).stop;
    case 'guesses':
      return guessPasswords(settings);
  }
}

export function describeRedHerring(redHerring: RedHerring): string {
  switch (redHerring.kind) {
    case 'restart':
      return `${redHerring.part} was restarted, as for a new version`;
    case 'crowd':
      return 'three times as many customers as before came into the shop';
    case 'guesses':
      return 'somebody tried usernames and passwords at the login';
  }
}

function guessPasswords(settings: Settings): () => Promise<void> {
  const shopper = createShopper(serviceUrl(settings, 'frontend'));
  const stopping = new AbortController();
  const { signal } = stopping;
  const run = async () => {
    while (!signal.aborted) {
      // A shop that is broken does not always answer.
      await guess(shopper).catch(() => undefined);
      await wait(betweenGuessesMs, undefined, { signal }).catch(() => undefined);
    }
  };
  const running = run();
  return async () => {
    stopping.abort();
    await running;
    shopper.leave();
  };
}

async function guess(shopper: Shopper): Promise<void> {
  for await (const _ of mistype(shopper));
}
