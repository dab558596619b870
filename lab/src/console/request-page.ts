import { z } from 'zod';
import { deliveryNotices } from '../delivery.ts';
import { LabError } from '../lab-error.ts';
import { findRequests, type ServedRequest } from '../trace-view/served-request.ts';
import type { Sources } from './sources.ts';

const maxRequests = 50;
const refreshSeconds = 5;

const empty = z.literal('').transform(() => undefined);
const wholeNumber = (min: number, max: number, message: string) =>
  z
    .string()
    .regex(/^\d{1,7}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
const checkbox = z.stringbool({ error: 'A checkbox is "on" or absent.' }).default(false);
const filterSchema = z.object({
  service: empty.or(z.string().max(100)).optional(),
  operation: empty.or(z.string().max(200)).optional(),
  status: empty.or(wholeNumber(100, 599, 'The status is a number from 100 to 599.')).optional(),
  min: empty.or(wholeNumber(0, 3_600_000, 'The duration is a whole number of milliseconds.')).optional(),
  errors: checkbox,
  refresh: checkbox,
});

export type RequestPage = {
  status: 200 | 400 | 503;
  /** The form's values as they were typed. */
  filter: Readonly<Record<string, string>>;
  services: readonly string[];
  operations: readonly string[];
  requests: readonly ServedRequest[];
  /** What is wrong with the search, or with the backends. */
  problems: readonly string[];
  refresh: { seconds: number | undefined; href: string };
};

/** The latest requests to one service that match the filter in `query`. */
export async function requestPage(
  { jaeger, prometheus }: Pick<Sources, 'jaeger' | 'prometheus'>,
  query: Readonly<Record<string, unknown>>,
  nowMs: number,
): Promise<RequestPage> {
  const typed = z.record(z.string(), z.string().catch('')).parse(query);
  const filter = filterSchema.safeParse(typed);
  const service = filter.data?.service ?? 'frontend';
  const page: RequestPage = {
    status: 200,
    filter: { ...typed, service },
    services: [service],
    operations: [],
    requests: [],
    problems: [],
    refresh: refreshOf(typed, filter.data?.refresh ?? false),
  };
  if (!filter.success) {
    return { ...page, status: 400, problems: filter.error.issues.map(({ message }) => message) };
  }
  const { operation, status, min, errors } = filter.data;
  const search = { service, operation, status, minDurationMs: min, isErrorsOnly: errors, limit: maxRequests };
  try {
    const [services, operations, requests, problems] = await Promise.all([
      jaeger.services(),
      jaeger.operations(service),
      findRequests(jaeger, search, nowMs),
      deliveryNotices(prometheus),
    ]);
    return {
      ...page,
      services: withOwn(services, service),
      operations: withOwn(operations, operation),
      ...{ requests, problems },
    };
  } catch (error) {
    if (error instanceof LabError) return { ...page, status: 503, problems: [error.message] };
    throw error;
  }
}

function refreshOf(typed: Record<string, string>, isOn: boolean): RequestPage['refresh'] {
  const { refresh: _, ...rest } = typed;
  const query = new URLSearchParams(isOn ? rest : { ...rest, refresh: 'on' });
  return { seconds: isOn ? refreshSeconds : undefined, href: `/?${query}` };
}

/** Adds the selected name to the choices when Jaeger does not know it. */
function withOwn(names: readonly string[], own: string | undefined): readonly string[] {
  return own === undefined || names.includes(own) ? names : [own, ...names];
}
