import { z } from 'zod';

/** Parses a whole number from `min` to `max`. */
export function integerSetting(min: number, max: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d+$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message);
}

const port = integerSetting(1, 65_535);

/** Parses an http(s) address and removes trailing slashes. */
export const urlSetting = z
  .url({ protocol: /^https?$/, error: 'must be an address such as http://127.0.0.1:5001' })
  .transform((url) => url.replace(/\/+$/, ''));

/** The settings that all services share. */
export const serviceSettings = z.object({
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port,
  /** Whether another process of this user may listen on the port at the same time, to take over from this one. */
  REUSE_PORT: z
    .stringbool({ truthy: ['true'], falsy: ['false'], error: 'must be true or false' })
    .default(false),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** Opens `/internal/faults`; without it the service has no such route. */
  FAULT_TOKEN: z
    .string()
    .regex(/^[!-~]{16,}$/, 'must have at least 16 characters, all printable ASCII without spaces')
    .optional(),
  DB_HOST: z.string().min(1),
  DB_PORT: port,
  DB_USER: z.string().min(1),
  DB_PASSWORD: z.string().min(1),
  DB_NAME: z.string().min(1),
  DB_MIGRATION_USER: z.string().min(1),
  DB_MIGRATION_PASSWORD: z.string().min(1),
});

export type ServiceSettings = z.output<typeof serviceSettings>;

/** Picks where the service listens, as `serve` takes it. */
export function listenSettings({ HOST, PORT, REUSE_PORT }: ServiceSettings) {
  return { host: HOST, port: PORT, reusePort: REUSE_PORT };
}

/** Picks the settings of the database connection, with the account that reads and changes rows. */
export function databaseSettings(settings: ServiceSettings) {
  return {
    host: settings.DB_HOST,
    port: settings.DB_PORT,
    user: settings.DB_USER,
    password: settings.DB_PASSWORD,
    database: settings.DB_NAME,
  };
}

/** Picks the database account that changes tables. */
export function migrationAccount(settings: ServiceSettings) {
  return { user: settings.DB_MIGRATION_USER, password: settings.DB_MIGRATION_PASSWORD };
}

/**
 * Reads the environment. An empty variable counts as unset. Invalid or missing variables end the process with status 1
 * and one line on stderr each, without the value (it may be a secret).
 */
export function readEnvironment<Schema extends z.ZodObject>(schema: Schema): Readonly<z.output<Schema>> {
  // biome-ignore lint/style/noProcessEnv: no other place reads it
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
