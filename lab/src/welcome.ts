import { chosenCluster, kubectlAsTyped } from './kubernetes/cluster.ts';
import type { PartName } from './part-names.ts';
import type { Mode } from './shop-record.ts';
import type { PartStatus } from './stack.ts';

const featuredParts: readonly (readonly [PartName, string])[] = [
  ['frontend', 'the shop'],
  ['console', 'each request as trace, metrics and log lines'],
  ['grafana', 'dashboards (admin / admin)'],
  ['jaeger', 'traces'],
  ['prometheus', 'metrics and alerts'],
  ['alertmanager', 'alerts, grouped and silenced'],
  ['loki', 'logs'],
];

/** The lines that are shown once the shop is open: addresses, the account, what to try, and what is missing. */
export function welcome(parts: readonly PartStatus[], mode: Mode): string[] {
  const addressOf = (name: PartName) =>
    parts.find(({ part, state }) => part === name && state !== 'unavailable')?.address;
  const shop = addressOf('frontend');
  const places = featuredParts.flatMap(([name, what]) => {
    const address = addressOf(name);
    return address === undefined ? [] : [`  ${name.padEnd(12)} ${address.padEnd(24)} ${what}`];
  });
  const unavailable = parts.filter(({ state }) => state === 'unavailable');
  const reasons = [...Map.groupBy(unavailable, ({ detail }) => detail)].map(
    ([why, missing]) => `Not available: ${missing.map(({ part }) => part).join(', ')} (${why})`,
  );
  const cluster = chosenCluster();
  const isInside = cluster !== undefined && shop?.startsWith('http://frontend.');
  const forward = cluster && `${kubectlAsTyped(cluster)} port-forward service/frontend 5000`;
  return [
    isInside ? `The shop is open in its cluster: ${shop}` : `The shop is open: ${shop}`,
    '',
    ...places,
    '',
    '  account: admin / admin123, unless ADMIN_PASSWORD was set at the first start',
    '',
    'Three things to try next:',
    ...(isInside ? [`  ${forward}`] : []),
    `  open ${isInside ? 'http://127.0.0.1:5000' : shop}, register and buy something`,
    '  ./vitrine trace                   the latest requests; with the id of one, its spans and log lines',
    mode === 'kubernetes'
      ? '  ./vitrine kill product-service    see what the shop says, then start it'
      : '  ./vitrine pause product-service   see what the shop says, then resume it',
    ...(reasons.length > 0 ? ['', ...reasons] : []),
  ];
}
