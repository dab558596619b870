import { build } from '../native/preflight.ts';
import type { Session } from '../stack.ts';

/** Lets {@link verify} check the shop as it is now. Resolves to the score, and the first problem of each check that fails. */
export async function judge(
  { report, ...session }: Session,
  signal: AbortSignal,
): Promise<readonly string[]> {
  report('A customer visits the shop, and ./vitrine verify checks it …');
  // The registry, with which telemetry is compared, is in service-kit.
  await build(session.settings, ['service-kit'], { report, signal });
  const { verify } = await import('../verify/verify.ts');
  const { results } = await verify({ report, ...session }, signal);
  const failing = results.filter(({ problems }) => problems.length > 0);
  return [
    `${results.length - failing.length} of ${results.length} checks of ./vitrine verify hold.`,
    ...failing.map(({ group, name, problems: [first] }) => `  ${group}: ${name}: ${first}`),
  ];
}
