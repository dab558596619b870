import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { expect, test } from 'vitest';
import { findPlaces, readSettings } from '../src/settings.ts';
import { temporaryFolder } from './temporary-folder.ts';

function read(environment: NodeJS.Dict<string> = {}, envFile = '') {
  const home = temporaryFolder();
  writeFileSync(join(home, '.env'), envFile);
  return readSettings(findPlaces({ VITRINE_HOME: home }), environment);
}

test('When nothing is set, then the shop is on its known ports and every secret is made up', () => {
  const { ports, values, newSecrets } = read();
  expect(ports).toMatchObject({
    ...{ frontend: 5000, 'user-service': 5001, 'product-service': 5002, 'order-service': 5003 },
    ...{ 'otel-collector': 4317, 'otel-collector-http': 4318, 'otel-collector-metrics': 8889 },
    ...{ jaeger: 16686, prometheus: 9090, loki: 3100, grafana: 3000, console: 5004 },
    ...{ user_dbase: 13306, product_dbase: 13307, order_dbase: 13308 },
  });
  const { SHOP_ID: _id, ...secrets } = newSecrets;
  expect(values).toMatchObject({ ...secrets, BIND_ADDRESS: '127.0.0.1' });
  expect(new Set(Object.values(newSecrets)).size).toBe(12);
});

test('When a second shop stands beside the first as the README says, then no port is wanted twice', () => {
  const both = [read({}), read({ PORT_OFFSET: '10000' })].flatMap(({ ports }) => Object.values(ports));
  expect(new Set(both).size).toBe(both.length);
});

test('When a port is moved and PORT_OFFSET is set, then both count', () => {
  const { ports } = read({ PORT_OFFSET: '2000', USER_DBASE_PORT: '20000' });
  expect(ports).toMatchObject({ frontend: 7000, user_dbase: 22000, order_dbase: 15308 });
});

test('When the file and the environment differ, then the environment wins, and an empty value is none', () => {
  const envFile = 'LOG_LEVEL=warn\nBCRYPT_COST=5\nOTEL_SDK_DISABLED=true\n';
  const { values, passedOn } = read(
    { LOG_LEVEL: 'debug', BCRYPT_COST: '', OTEL_A: 'a', OTEL_COLLECTOR_PORT: '4417', OTHER: 'x' },
    envFile,
  );
  expect(values).toMatchObject({ LOG_LEVEL: 'debug', BCRYPT_COST: 5 });
  expect(passedOn).toEqual({ OTEL_SDK_DISABLED: 'true', OTEL_A: 'a' });
});

test('When a shop runs, then what its start was told goes before .env, and what the command is told before both', () => {
  const start = read({ PORT_OFFSET: '100', LOG_LEVEL: 'debug', OTEL_A: 'a', BCRYPT_COST: '5' }).start;
  const home = temporaryFolder();
  writeFileSync(
    join(home, '.env'),
    'PORT_OFFSET=300\nBIND_ADDRESS=0.0.0.0\nLOG_LEVEL=warn\nAPI_KEY_TTL_HOURS=3',
  );
  const settings = readSettings(findPlaces({ VITRINE_HOME: home }), { BCRYPT_COST: '6' }, start);
  expect(settings.ports).toMatchObject({ frontend: 5100, order_dbase: 13408 });
  expect(settings.values).toMatchObject({
    ...{ BIND_ADDRESS: '127.0.0.1', LOG_LEVEL: 'debug', BCRYPT_COST: 6, API_KEY_TTL_HOURS: 3 },
  });
  expect(settings.passedOn).toEqual({ OTEL_A: 'a' });
});

test('When a start is told secrets, then they are not written down', () => {
  const secrets = {
    ...{
      ADMIN_PASSWORD: 'not-to-be-kept',
      USER_DB_PASSWORD: 'not-to-be-kept',
      FAULT_TOKEN: 'not-to-be-kept-either',
    },
    OTEL_EXPORTER_OTLP_HEADERS: 'key=not-to-be-kept',
    GRAFANA_URL: 'https://me:not-to-be-kept@grafana.example/',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://not-to-be-kept@collector.example:4318',
  };
  expect(JSON.stringify(read({ ...secrets, LOG_LEVEL: 'warn' }).start)).not.toContain('not-to-be-kept');
});

test.each([
  ['PORT_OFFSET', '60000', 'PORT_OFFSET 60000 moves jaeger to port 76686; the highest port is 65535.'],
  ['PORT_OFFSET', '-1', 'PORT_OFFSET must be a whole number from 0 to 65535.'],
  [
    'PORT_OFFSET',
    '1000',
    'FRONTEND_PORT and PORT_OFFSET move frontend to port 6000, which browsers refuse to open: choose another.',
  ],
  ['LOKI_PORT', '10080', 'LOKI_PORT and PORT_OFFSET move loki to port 10080, which browsers refuse'],
  ['FRONTEND_PORT', '0', 'FRONTEND_PORT must be a whole number from 1 to 65535.'],
  ['FRONTEND_PORT', '5001', 'FRONTEND_PORT and USER_SERVICE_PORT are both 5001.'],
  ['LOG_LEVEL', 'loud', 'LOG_LEVEL must be one of fatal, error, warn, info, debug, trace, silent.'],
  ['ADMIN_PASSWORD', 'short', 'ADMIN_PASSWORD must have 8 characters at least.'],
  ['BCRYPT_COST', '31', 'BCRYPT_COST must be a whole number from 4 to 15.'],
  ['BIND_ADDRESS', 'localhost', 'BIND_ADDRESS must be an IP address.'],
  ['RUM', 'yes', 'RUM must be on or off.'],
  ['SHOP_URL', 'http://shop.example/x', 'SHOP_URL must be an address without a path, such as'],
  ['JAEGER_URL', 'jaeger', 'JAEGER_URL must be an address such as http://127.0.0.1:16686.'],
  ['USER_DB_PASSWORD', 'é', 'USER_DB_PASSWORD must be printable ASCII without spaces.'],
  ['SESSION_DB_PASSWORD', "it's", "SESSION_DB_PASSWORD must have neither ' nor \\ in it."],
  ['DB_ROOT_PASSWORD', 'a\\b', 'DB_ROOT_PASSWORD must have neither'],
  ['SESSION_SECRET', 'x', 'SESSION_SECRET must have 32 characters at least.'],
  ['FAULT_TOKEN', 'x', 'FAULT_TOKEN must have 16 characters at least.'],
])('When %s is %s, then the error says what is allowed', (variable, value, message) => {
  expect(() => read({ [variable]: value })).toThrow(message);
});

test('When .env sets VITRINE_HOME, then it is refused: the file lies in the home', () => {
  expect(() => read({}, 'VITRINE_HOME=/elsewhere')).toThrow('set it in the environment');
});

test('Every line of .env.example can be taken over as it is', () => {
  const example = readFileSync(join(import.meta.dirname, '../../.env.example'), 'utf8');
  const lines = example.replaceAll(/^#(?=[A-Z_]+=)/gm, '');
  const { ports, values } = read({}, lines);
  const fromNothing = read();
  expect(ports).toEqual(fromNothing.ports);
  expect(values).toMatchObject({ ADMIN_PASSWORD: 'admin123', BCRYPT_COST: 10, API_KEY_TTL_HOURS: 24 });
  expect(Object.keys(parseEnv(lines))).toEqual(
    expect.arrayContaining([...Object.keys(values), 'JAEGER_URL', 'PORT_OFFSET', 'OTEL_SDK_DISABLED']),
  );
});
