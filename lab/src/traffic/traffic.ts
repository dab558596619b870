import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { LabError } from '../lab-error.ts';
import { reasonOf } from '../query/backend.ts';
import { createRandom } from '../random.ts';
import { serviceUrl } from '../service-url.ts';
import type { Settings } from '../settings.ts';
import { createShopper, type Shopper, UnexpectedAnswer } from './shopper.ts';
import { type Account, buy, goAstray, look, mistype, type Random, type Visit } from './visits.ts';

/** Pages opened so far. `failed` got a 5xx or no answer; `skipped` were due while too many others waited. */
export type PageCount = { opened: number; failed: number; skipped: number };

export type Traffic = {
  readonly pages: Readonly<PageCount>;
  /** Lets the pages under way end. */
  stop: () => Promise<void>;
};

const ACCOUNTS = 8;
/** As long as the shop hangs, each page holds a connection. */
const MAX_OPEN = 200;

/**
 * Lets customers visit the shop as they would, whatever it answers: pages are due at random moments, `pagesPerSecond` of
 * them on average, and an unanswered one does not keep others from being opened. Most visitors look around, one in three
 * buys, a few follow an old link or mistype their name. With a `seed`, pages are due at even intervals, and the visitors
 * are the same each time. Throws a LabError when it cannot register its customers.
 */
export async function startTraffic(
  settings: Settings,
  pagesPerSecond: number,
  seed?: number,
): Promise<Traffic> {
  const frontendUrl = serviceUrl(settings, 'frontend');
  const accounts = await registerAccounts(serviceUrl(settings, 'user-service'));
  const stopping = new AbortController();
  const pages: PageCount = { opened: 0, failed: 0, skipped: 0 };
  const idle: OpenVisit[] = [];
  const pending = new Set<Promise<void>>();
  // Each visit has numbers of its own: the order in which visits go on depends on how fast the shop is.
  let visits = 0;
  const newRandom = () => (seed === undefined ? Math.random : createRandom(seed + visits++).next);
  const random = newRandom();

  const end = ({ shopper, account }: OpenVisit) => {
    shopper.leave();
    if (account) accounts.push(account);
  };
  const openNextPage = async (visit: OpenVisit) => {
    pages.opened += 1;
    try {
      const { done } = await visit.steps.next();
      if (done) end(visit);
      else idle.push(visit);
    } catch (error) {
      if (!(error instanceof UnexpectedAnswer) || error.status >= 500) pages.failed += 1;
      end(visit);
    }
  };
  const run = async () => {
    const startMs = Date.now();
    for (let due = 1; ; due += 1) {
      const randomMs = (-Math.log(1 - random()) * 1000) / pagesPerSecond;
      const evenMs = Math.max(0, startMs + (due * 1000) / pagesPerSecond - Date.now());
      await wait(seed === undefined ? randomMs : evenMs, undefined, { signal: stopping.signal });
      if (pending.size >= MAX_OPEN) {
        pages.skipped += 1;
        continue;
      }
      // Someone in the shop goes on, or someone new comes in; without the latter all visits would be old ones.
      const [visit] = random() < 0.8 ? idle.splice(Math.floor(random() * idle.length), 1) : [];
      const page = openNextPage(visit ?? begin(frontendUrl, accounts, newRandom())).finally(() =>
        pending.delete(page),
      );
      pending.add(page);
    }
  };
  const running = run().catch((error) => {
    if (!stopping.signal.aborted) throw error;
  });
  // An error is thrown by `stop`: until then nobody waits for this.
  running.catch(() => undefined);

  return {
    pages,
    async stop() {
      stopping.abort();
      await running;
      await Promise.all(pending);
      for (const visit of idle) end(visit);
    },
  };
}

type OpenVisit = { shopper: Shopper; steps: Visit; account?: Account | undefined };

function begin(frontendUrl: string, accounts: Account[], random: Random): OpenVisit {
  const shopper = createShopper(frontendUrl);
  const chance = random();
  if (chance < 0.05) return { shopper, steps: goAstray(shopper) };
  if (chance < 0.08) return { shopper, steps: mistype(shopper) };
  const account = chance < 0.4 ? accounts.shift() : undefined;
  if (account === undefined) return { shopper, steps: look(shopper, random) };
  return { shopper, steps: buy(shopper, account, random), account };
}

/** Registers customers under names that nobody has yet. */
async function registerAccounts(userServiceUrl: string): Promise<Account[]> {
  const run = randomBytes(4).toString('hex');
  const accounts = Array.from({ length: ACCOUNTS }, (_, index) => ({
    username: `customer-${run}-${index + 1}`,
    password: randomBytes(16).toString('base64url'),
  }));
  for (const account of accounts) {
    const names = { first_name: 'Camille', last_name: 'Martin', email: `${account.username}@example.com` };
    const answer = await fetch(`${userServiceUrl}/api/user/create`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...account, ...names }),
      signal: AbortSignal.timeout(10_000),
    }).catch((error) => {
      throw new LabError(`user-service at ${userServiceUrl} cannot be asked: ${reasonOf(error)}.`);
    });
    if (answer.status !== 201)
      throw new LabError(`user-service registers no customers: it answers ${answer.status}.`);
  }
  return accounts;
}
