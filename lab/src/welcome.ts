import type { PartStatus } from './stack.ts';

/** What a person wants to know once the shop is open: where, as whom, and what now. */
export function welcome(parts: readonly PartStatus[]): string[] {
  const shop = parts.find(({ part }) => part === 'frontend')?.address;
  return [
    `The shop is open: ${shop}`,
    '',
    ...parts.map(({ part, address }) => `  ${part.padEnd(16)} ${address}`),
    '',
    '  account: admin / admin123, unless ADMIN_PASSWORD was set at the first start',
    '',
    'Three things to try next:',
    `  open ${shop}, register and buy something`,
    '  ./vitrine logs --follow           see each request on its way through the services',
    '  ./vitrine pause product-service   see what the shop says, then resume it',
  ];
}
