import { z } from 'zod';

/** A whole number from the environment, within [min, max]. */
export function integerSetting(min: number, max: number) {
  return z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`);
}

const port = integerSetting(1, 65_535);

/** An http(s) address; a trailing slash is taken off. */
export const urlSetting = z
  .url({ protocol: /^https?$/, error: 'must be an address such as http://127.0.0.1:5001' })
  .transform((url) => url.replace(/\/+$/, ''));

/** What every service is told: where to listen, how much to log, where its database is. */
export const serviceSettings = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port,
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  DB_HOST: z.string().min(1),
  DB_PORT: port,
  DB_USER: z.string().min(1),
  DB_PASSWORD: z.string().min(1),
  DB_NAME: z.string().min(1),
});

/** Connection settings of a schema, from {@link serviceSettings}. */
export function databaseSettings(settings: z.output<typeof serviceSettings>) {
  return {
    host: settings.DB_HOST,
    port: settings.DB_PORT,
    user: settings.DB_USER,
    password: settings.DB_PASSWORD,
    database: settings.DB_NAME,
  };
}

/**
 * Reads the environment once. An empty variable counts as unset. With a bad or missing variable the process ends
 * with status 1 and a line on stderr for each, without its value (it may be a secret).
 */
export function readEnvironment<Schema extends z.ZodObject>(schema: Schema): Readonly<z.output<Schema>> {
  // biome-ignore lint/style/noProcessEnv: the one place that reads it
  const set = Object.entries(process.env).filter(([, value]) => value !== '');
  const result = schema.safeParse(Object.fromEntries(set));
  if (result.success) return Object.freeze(result.data);
  for (const { path, code, message } of result.error.issues) {
    const isMissing = code === 'invalid_type';
    process.stderr.write(
      `Environment variable ${path.join('.')} ${isMissing ? 'is missing' : `is invalid: ${message}`}\n`,
    );
  }
  return process.exit(1);
}
