import { z } from 'zod';
import type { Fault } from '../faults/fault.ts';
import type { PartName, ServiceName } from '../part-names.ts';
import { createRandom, type Random } from '../random.ts';
import { type Area, complaints } from './complaints.ts';

/** What can be the matter with a part, and what that means to somebody who looks for it. */
export const causes = {
  crashed: 'its process is gone',
  hanging: 'its process is there and answers nothing',
  slow: 'it answers, late',
  errors: 'some of its answers are 5xx, and nothing that it calls is why',
} as const;
export type Cause = keyof typeof causes;
export const causeNames = ['crashed', 'hanging', 'slow', 'errors'] as const satisfies readonly Cause[];

const outcomes: Record<Cause, string> = {
  crashed: 'had crashed',
  hanging: 'was hanging',
  slow: 'was slow',
  errors: 'answered with errors',
};

export function describeTrouble({ part, cause }: Pick<Trouble, 'part' | 'cause'>): string {
  return `${part} ${outcomes[cause]}`;
}

export function describeSituation({ troubles }: Pick<Situation, 'troubles'>): string {
  return troubles.length > 0 ? troubles.map(describeTrouble).join(', and ') : 'nothing was wrong';
}

export const levels = [1, 2, 3] as const;
export type Level = (typeof levels)[number];

/** What a drill is drawn from; `isFast` shortens the time before somebody is called. */
export const drawSchema = z.object({ seed: z.int(), level: z.literal(levels), isFast: z.boolean() });
export type Draw = z.output<typeof drawSchema>;

export type Trouble = {
  part: PartName;
  cause: Cause;
  /** How the shop is broken so. */
  faults: readonly Fault[];
};

/** Something that draws attention and harms nobody. */
export type RedHerring =
  | { kind: 'restart'; part: ServiceName }
  /** Three times as many customers as before. */
  | { kind: 'crowd' }
  /** Somebody tries passwords. */
  | { kind: 'guesses' };

/** What a drill does to the shop: the same for the same seed and level. */
export type Situation = {
  /** None in one drill of six. */
  troubles: readonly Trouble[];
  redHerring?: RedHerring;
  /** What a customer or a colleague would write; where nothing is wrong, without a reason. */
  complaint: string;
  /** Whether the sheet shows an alert, if one is active, in place of the complaint. */
  showsAlert: boolean;
};

type Candidate = { part: PartName; cause: Cause; area: Area; weight: number };

const services: Record<'products' | 'accounts' | 'orders', { service: ServiceName; database: PartName }> = {
  products: { service: 'product-service', database: 'product_dbase' },
  accounts: { service: 'user-service', database: 'user_dbase' },
  orders: { service: 'order-service', database: 'order_dbase' },
};
const areas = ['products', 'accounts', 'orders'] as const;

/**
 * An alert names the service that reports the symptom. Troubles of which it names the very part are rare, so that
 * whoever blames that part is mostly wrong.
 */
const candidates: readonly Candidate[] = [
  ...areas.flatMap((area) => {
    const { service, database } = services[area];
    return [
      { part: service, cause: 'crashed', area, weight: 1 },
      { part: service, cause: 'hanging', area, weight: 2 },
      { part: service, cause: 'slow', area, weight: 3 },
      { part: service, cause: 'errors', area, weight: 3 },
      { part: database, cause: 'crashed', area, weight: 4 },
      { part: database, cause: 'hanging', area, weight: 4 },
      { part: database, cause: 'slow', area, weight: 4 },
    ] as const;
  }),
  { part: 'frontend', cause: 'slow', area: 'shop', weight: 1 },
  { part: 'frontend', cause: 'errors', area: 'shop', weight: 1 },
  { part: 'otel-collector', cause: 'crashed', area: 'telemetry', weight: 1 },
  { part: 'jaeger', cause: 'crashed', area: 'telemetry', weight: 1 },
  { part: 'loki', cause: 'crashed', area: 'telemetry', weight: 1 },
];

/** With this number the seeds 1 to 20, by which programs are compared, are as mixed as twenty are on average. */
const mix = 3490;

/** `canPause`: whether parts can be made to hang here. Where they cannot, another situation has the number. */
export function drawSituation({ seed, level }: Pick<Draw, 'seed' | 'level'>, canPause = true): Situation {
  const possible = candidates.filter(({ cause }) => canPause || cause !== 'hanging');
  const random = createRandom(seed + level * 1_000_003 + mix);
  random.next();
  const isNothing = random.next() < 1 / 6;
  const drawn = drawCandidates(possible, level === 3 ? 2 : 1, random);
  const complaint = complaintOf(isNothing ? [] : drawn, random);
  const showsAlert = random.next() < 0.75;
  const troubles = isNothing ? [] : drawn.map((one) => troubleOf(one, random));
  const herring = level === 2 ? { redHerring: drawRedHerring(troubles, random) } : {};
  return { troubles, complaint, showsAlert, ...herring };
}

function drawCandidates(possible: readonly Candidate[], count: 1 | 2, random: Random): readonly Candidate[] {
  const all = possible.flatMap((one) => Array.from({ length: one.weight }, () => one));
  for (;;) {
    const [one, other] = [random.pick(all), random.pick(all)];
    if (count === 1) return [one];
    if (canBeTold(one, other) && canBeTold(other, one)) return [one, other];
  }
}

/** Whether `other` still shows while `one` lasts: its area is another, and customers and telemetry get that far. */
function canBeTold(one: Candidate, other: Candidate): boolean {
  if (one.part === 'otel-collector' || one.area === other.area) return false;
  const isTotal = one.cause === 'crashed' || one.cause === 'hanging';
  return !isTotal || one.area === 'orders' || one.area === 'telemetry' || other.area === 'telemetry';
}

function troubleOf({ part, cause, area }: Candidate, random: Random): Trouble {
  return { part, cause, faults: faultsOf({ part, cause, area }, random) };
}

function faultsOf(
  { part, cause, area }: Pick<Candidate, 'part' | 'cause' | 'area'>,
  random: Random,
): Fault[] {
  if (cause === 'crashed') return [{ kill: part }];
  if (cause === 'hanging') return [{ pause: part }];
  const service = area === 'shop' || area === 'telemetry' ? 'frontend' : services[area].service;
  if (cause === 'errors')
    return [
      { switch: service, error_rate: random.between(4, 7) / 10, error_status: random.pick([500, 503]) },
    ];
  // Callers give up after 1.2 s, and a service gives up on its database after one.
  if (part === service)
    return [{ switch: service, latency_ms: 50 * random.between(11, 16), latency_jitter_ms: 200 }];
  const effect = { db_latency_ms: 10 * random.between(30, 36) };
  const users = area === 'accounts' ? (['user-service', 'frontend'] as const) : [service];
  return users.map((user) => ({ switch: user, ...effect }));
}

function drawRedHerring(troubles: readonly Trouble[], random: Random): RedHerring {
  const kind = random.pick(['restart', 'crowd', 'guesses'] as const);
  if (kind !== 'restart') return { kind };
  const others = areas
    .filter((area) => {
      const { service, database } = services[area];
      return !troubles.some(({ part }) => part === service || part === database);
    })
    .map((area) => services[area].service);
  return { kind, part: random.pick(others) };
}

/** It fits the first trouble. Without one it is made up. */
function complaintOf([first]: readonly Candidate[], random: Random): string {
  const madeUp = random.pick(candidates);
  const { area, cause } = first ?? madeUp;
  return complaints[area][cause === 'slow' ? 'late' : 'failed'];
}
