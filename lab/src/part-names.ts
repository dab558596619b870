/** Every part of the stack, in the order in which they are listed. */
export const partNames = [
  'frontend',
  'user-service',
  'product-service',
  'order-service',
  'user_dbase',
  'product_dbase',
  'order_dbase',
] as const;

export type PartName = (typeof partNames)[number];

/** `user-service` → `USER_SERVICE_PORT`: the variable that moves the part. */
export function portVariable(part: PartName): string {
  return `${part.toUpperCase().replaceAll('-', '_')}_PORT`;
}
