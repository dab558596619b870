import { describe, expect, test } from 'vitest';
import { maskText } from '../src/mask';
import { captureLog } from './captured-log';

const API_KEY = 'kM3_x-9'.padEnd(43, 'Qz7');

describe('When secrets are logged, then they are masked', () => {
  test.for<[where: string, fields: object, canary: string]>([
    ['under a secret key', { password: 'canary' }, 'canary'],
    ['under a key with a prefix', { db_password: 'canary' }, 'canary'],
    ['under a key in capitals', { Authorization: 'canary' }, 'canary'],
    ['under a dotted key', { 'http.request.header.cookie': 'canary' }, 'canary'],
    ['of any structure', { api_key: { deep: ['canary'] }, secret: 12345678 }, 'canary'],
    ['of another type', { apiKey: 12345678 }, '12345678'],
    ['deep in objects and lists', { a: [{ b: { c: [{ token: 'canary' }] } }] }, 'canary'],
    ['deep in a list of text', { a: [[['mail to ada@example.com']]] }, 'ada@example.com'],
    ['an e-mail address in a text', { note: 'from ada.l+x@example.co.uk!' }, 'ada.l'],
    ['an e-mail address in a path', { 'url.path': '/reset/ada%40example.com' }, 'ada'],
    ['one with an encoded plus', { 'url.path': '/reset/ada%2Bshop%40example.com' }, 'ada'],
    ['one with an encoded letter', { 'url.path': '/reset/zo%C3%A9%40example.com' }, 'zo'],
    ['one encoded twice', { 'url.path': '/reset/ada%2540example.com' }, 'ada'],
    ['a header in a text', { note: 'sent Authorization: Bearer abcdef123456' }, 'abcdef123456'],
    ['a Basic header in a text', { note: 'Basic YWRhOmVuZ2luZQ==' }, 'YWRhOmVuZ2luZQ'],
    ['a pair in a query', { note: '/x?a=1&password=canary&b=2' }, 'canary'],
    ['a pair with a longer name', { 'url.query': 'access_token=canary' }, 'canary'],
    ['a pair with a name in one word', { 'url.query': 'a=1&newPassword=canary' }, 'canary'],
    ['a pair of a list', { 'url.query': 'password%5B%5D=canary' }, 'canary'],
    ['a pair with a dash', { 'url.query': 'api-key=canary' }, 'canary'],
    ['a pair in JSON', { note: '{"password": "canary"}' }, 'canary'],
    ['a card number', { note: 'paid with 4111111111111111.' }, '4111111111111111'],
    ['a card number in groups', { note: '5500 0000 0000 0004' }, '0000 0000'],
    ['a card number in a query', { 'url.query': 'card=3782+822463+10005' }, '822463'],
    ['a card number behind an escape', { 'url.query': 'next=%2F4111+1111+1111+1111' }, '1111+1111'],
    ['a pair of JSON in escapes', { 'url.full': '/?q=%7B%22password%22%3A%22canary%22%7D' }, 'canary'],
    ['a pair behind escapes', { 'url.query': 'next=%2F%3Fa%3D1%26password%3Dcanary' }, 'canary'],
    ['an api key behind an escape', { 'url.query': `next=%2F${API_KEY}` }, API_KEY],
    ['an api key in a text', { note: `key ${API_KEY} used` }, API_KEY],
    [
      'a signed session id',
      { note: 's%3Aabcdefghijklmnopqrstuvwx.sIgNaTuRe0123' },
      'abcdefghijklmnopqrstuvwx',
    ],
    ['the message of an error', { err: new Error('no user ada@example.com') }, 'ada@example.com'],
    ['its cause', { err: new Error('a', { cause: new Error('password=canary') }) }, 'canary'],
    [
      'the cause of its cause',
      { err: new Error('a', { cause: new Error('b', { cause: new Error('token: canary') }) }) },
      'canary',
    ],
    ['a thrown text', { err: 'Bearer abcdef123456' }, 'abcdef123456'],
    ['an error under another key', { failure: new Error('ada@example.com') }, 'ada@example.com'],
    ['an error in a list', { failures: [new Error('ada@example.com')] }, 'ada@example.com'],
    [
      'the statement of a database error',
      { err: Object.assign(new Error('x'), { sql: "'canary'" }) },
      'canary',
    ],
    ['a map', { map: new Map([['password', 'canary']]) }, 'canary'],
    ['a set', { set: new Set(['ada@example.com']) }, 'ada@example.com'],
    [
      'an object of a class',
      {
        user: new (class User {
          email = 'ada@example.com';
        })(),
      },
      'ada@example.com',
    ],
    ['the result of toJSON', { user: { toJSON: () => ({ email: 'ada@example.com' }) } }, 'ada@example.com'],
    ['a URL object', { url: new URL('http://x/?email=ada@example.com') }, 'ada@example.com'],
  ])('%s', ([, fields, canary]) => {
    const log = captureLog();
    log.logger.info(fields, 'event');
    expect(log.lines()).toMatchObject([{ msg: 'event' }]);
    expect(log.text()).not.toContain(canary);
  });

  test('in the message', () => {
    const log = captureLog();
    log.logger.info('mail to ada@example.com');
    log.logger.info({}, 'user %s', 'ada@example.com');
    log.logger.info('user %s', { cookie: 'canary' });
    const error = Object.assign(new Error('no'), { sql: 'canary', values: ['canary'] });
    log.logger.error('not saved: %s', error);
    log.logger.error(new Error('no user ada@example.com'));
    log.logger.error({ err: new Error('no user ada@example.com') });
    expect(log.lines()).toHaveLength(6);
    expect(log.text()).not.toMatch(/ada@|canary/);
  });
});

test('When fields without secrets are logged, then they are unchanged', () => {
  const log = captureLog();
  const fields = {
    ...{ 'user.id': 7, 'url.path': '/api/user/ada/exists', duration_ms: 1.5, isActive: true, nothing: null },
    ...{ list: [1, 'two', { three: 3 }] },
    note: 'three tokens, no passwords',
    ...{ at: '1732467876000', uuid: '550e8400-e29b-41d4-a716-446655440000', ip: '4.4.4.4:50000' },
  };
  log.logger.warn(fields, 'event');
  expect(log.lines()).toStrictEqual([
    { level: 'warn', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/), ...fields, msg: 'event' },
  ]);
});

test('When an error is logged, then the line has its class, message, fields and stack, and the stacks of its causes', () => {
  const log = captureLog();
  const cause = new TypeError('refused by ada@example.com');
  const fields = { code: 'ECONNREFUSED', errno: -111, syscall: 'connect', sql: 'canary' };
  log.logger.error({ err: Object.assign(new RangeError('no answer', { cause }), fields) }, 'event');
  expect(log.lines()).toMatchObject([
    {
      ...{ level: 'error', 'error.code': 'ECONNREFUSED', 'error.errno': -111, 'error.syscall': 'connect' },
      err: {
        ...{ type: 'RangeError', message: 'no answer' },
        stack: expect.stringMatching(
          /^RangeError: no answer\n.*logger\.test\.ts.*Caused by: TypeError: refused by \[redacted\]\n/s,
        ),
      },
    },
  ]);
});

test.for([
  ['an object without a prototype', Object.create(null)],
  ['an error whose message has no text', Object.assign(new Error('x'), { message: Object.create(null) })],
  ['an error that causes itself', selfCaused()],
])('When %s is thrown, then it is logged', ([, thrown]) => {
  const log = captureLog();
  log.logger.error({ err: thrown }, 'event');
  expect(log.lines()).toMatchObject([{ msg: 'event', err: { type: expect.any(String) } }]);
});

function selfCaused(): Error {
  const error = new Error('x');
  error.cause = error;
  return error;
}

test('When fields have circular references, then the line is written', () => {
  const log = captureLog();
  const loop: Record<string, unknown> = { name: 'loop' };
  loop.self = loop;
  log.logger.info({ loop }, 'event');
  expect(log.lines()).toMatchObject([{ msg: 'event' }]);
});

test('When a text repeats the start of a secret, then masking takes linear time', () => {
  // Quadratic work on 200,000 characters takes a minute; linear work, milliseconds.
  for (const text of ['a', 's:a', 'a.', 'password ', "'"])
    expect(maskText(text.repeat(200_000))).toBe(text.repeat(200_000));
});

test.for([
  'zoé@example.com',
  "o'neil@example.com",
  'a&b@example.com',
  '!#$*^`{|}~@example.com',
  'x'.repeat(64).concat('@example.com'),
])('When a text contains %s, then the address is masked', (address) => {
  expect(maskText(`mail ${address} now`)).toBe('mail [redacted] now');
});
