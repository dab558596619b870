import { z } from 'zod';
import { UsageError } from '../lab-error.ts';

const address = z
  .url({ protocol: /^https?$/, error: 'must be an address such as http://127.0.0.1:16686' })
  .transform((url) => url.replace(/\/+$/, ''));

const settings = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a port')
    .transform(Number),
  JAEGER_URL: address,
  PROMETHEUS_URL: address,
  LOKI_URL: address,
  SHOP_URL: address,
  // The folder in which the backends of this shop are compiled, where they are.
  CACHE_FOLDER: z.string().min(1).optional(),
});

export type ConsoleConfig = z.output<typeof settings>;

/** Throws a UsageError that names every variable that is missing or bad. */
export function readConfig(environment: NodeJS.Dict<string>): ConsoleConfig {
  const result = settings.safeParse(environment);
  if (result.success) return result.data;
  const complaints = result.error.issues.map(({ path, code, message }) => {
    return `${path.join('.')} ${code === 'invalid_type' ? 'is missing' : message}.`;
  });
  throw new UsageError(complaints.join('\n'));
}
