import { HttpError } from '@vitrine/service-kit/http-error';
import { id, integer } from '@vitrine/service-kit/input';
import { z } from 'zod';

/** The id in a path. @throws HttpError 404 for anything that cannot be an id */
export function idOf(segment: unknown): number {
  const result = id.safeParse(segment);
  if (!result.success) throw new HttpError(404, 'Not found');
  return result.data;
}

/** The id in a query; undefined when it is missing or invalid. */
export function optionalId(parameter: unknown): number | undefined {
  return id.safeParse(parameter).data;
}

const withQuantity = z.object({ quantity: integer(1, 99).default(1) });

/** The quantity in a form, by default 1; undefined when it is not a whole number from 1 to 99. */
export function quantityOf(body: unknown): number | undefined {
  return withQuantity.safeParse(body ?? {}).data?.quantity;
}

/** A field as it was typed; empty when it is missing or was sent more than once. */
export const textField = z.string().catch('');

/** A text as the services store it. */
export function asStored(typed: string): string {
  return typed.normalize('NFC').trim();
}
