import { HttpError } from '@vitrine/service-kit/http-error';
import { id, integer } from '@vitrine/service-kit/input';
import { z } from 'zod';

/** The id in a path; what can't be one names nothing: 404. */
export function idOf(segment: unknown): number {
  const result = id.safeParse(segment);
  if (!result.success) throw new HttpError(404, 'Not found');
  return result.data;
}

/** The id in a query; undefined when there is none or it can't be one. */
export function optionalId(parameter: unknown): number | undefined {
  return id.safeParse(parameter).data;
}

const withQuantity = z.object({ quantity: integer(1, 99).default(1) });

/** The quantity of a form, 1 when it has none; undefined when it is no whole number from 1 to 99. */
export function quantityOf(body: unknown): number | undefined {
  return withQuantity.safeParse(body ?? {}).data?.quantity;
}

/** A field as it was typed; one that is missing, or is no single text, counts as left empty. */
export const typed = z.string().catch('');
