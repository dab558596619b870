import { randomBytes } from 'node:crypto';
import { attributes, otlp, type Value } from './otlp-json.ts';

const mail = 'canary.user@example.org';
const unusualMail = 'canary!user@example.org';
const password = 'hunter2-CANARY';
const key = 'Zq9x8w7v6u5t4s3r2q1p0o9n8m7l6k5j4h3g2f1dCAN';
const card = '4111 1111 1111 1111';
const cardDigits = card.replaceAll(' ', '');

const phrase = 'correct horse CANARY';
const sessionId = 'cAnArYcAnArYcAnArYcAnArY';
const nickname = 'ada-lovelace-CANARY';

/** Texts that no backend may hold, in each way to write them; of the phrase, not even a word. */
export const canaries = [
  ...phrase.split(' ').slice(1),
  sessionId,
  nickname,
  mail,
  'canary!',
  mail.replace('@', '%40'),
  mail.replace('@', '%2540'),
  password,
  key,
  card,
  cardDigits,
  card.replaceAll(' ', '+'),
];

const headers = JSON.stringify({ authorization: `Bearer ${key}`, cookie: `sid=${password}` });
const sentence = `'${mail}' ${unusualMail} password=${password}; card ${card}; Authorization: Bearer ${key}`;

/** Texts around the canaries, which both service-kit and the collector mask. */
export const secretTexts = [
  sentence,
  headers,
  `Error: ${sentence}\n    at x (api_key: "${key}")`,
  `http://x/?email=${mail.replace('@', '%40')}&new_password%5B%5D=${password}&access_token=${key}`,
  `next=%2F${card.replaceAll(' ', '+')}%26password%3D${password}`,
  `GET /u/${mail} ${card} password=${password}`,
  `select * from user where email='${mail}'`,
  ...[`pw=${password}`, `/?a=1&pw=${password}`, `next=%2F%3Fpass%3D${password}`, `{"user_pwd": "${phrase}"}`],
  ...[`/?email=${nickname}`, `email%3D${nickname}`, `E-Mail: ${nickname}`, `iban=${nickname}`],
  `token: Bearer ${key}`,
  `password=${card}`,
  `password=?${password}`,
  `{"password":"${phrase}"}`,
  `%22password%22%3A%22${password}%22`,
  `Cookie: lang=fr; session=s%3A${sessionId}.sIgNaTuRe`,
  `session s:${sessionId}.sIgNaTuRe`,
  `the key ${key} was used`,
  `keys ${key},${key} and ${key}%2C${key}`,
  `<a href='/?a=1&sid=${password}'>\n${key}\nBearer ${key}\n${key}\npw: ${password}`,
  `cards ${card} ${card}, ${cardDigits}%20${cardDigits}`,
  mail.replace('@', '%2540'),
];

/** Texts that look a little like secrets, and are left as they are. */
export const harmlessTexts = [
  'SELECT id FROM users WHERE email = ? AND password=?',
  'UPDATE users SET email=?, password = ? WHERE (token = ?)',
  'three tokens, no passwords; passing=3, compass=north',
  "SELECT id FROM keys WHERE hash = ? AND 'a' = kind AND UTC_TIMESTAMP(3) = ends LIMIT 50",
  "Duplicate entry for key 'users_email'",
  '550e8400-e29b-41d4-a716-446655440000 at 1732467876000',
  '0.4222222222222222',
];

/** What statements, addresses, paths and names look like that code puts a secret into. */
function usualTextsWith(...secrets: readonly string[]): string[] {
  return secrets.flatMap((secret) => [
    `SELECT id FROM keys WHERE hash = ${secret}`,
    `SELECT id FROM keys WHERE hash = ?\n AND password = ${secret}`,
    ...[
      `http://127.0.0.1:5002/api/product/${secret}`,
      `http://user-service:5001/api/products?ids=1,${secret}`,
    ],
    ...[`http://${secret}:5001/`, `/product/${secret}`, `GET /product/${secret}`, `/u/${secret}/:id`],
  ]);
}

/** Fields whose names or values tell that they are secret. */
export const secretFields = {
  ...{ email: mail, api_key: key, deep: { password, digits: Number(cardDigits), 'card.number': nickname } },
  ...{ pw: phrase, user_pass: phrase, userEmail: nickname, Cookie: password, texts: secretTexts },
};

/** Requests to the collector, by the last part of the path, from a service that writes its secrets everywhere. */
export function canaryPayloads(traceId: string) {
  const now = String(BigInt(Date.now()) * 1_000_000n);
  const spanId = () => randomBytes(8).toString('hex');
  const resource = { attributes: attributes({ 'service.name': 'canary-service', 'user.email': mail }) };
  const span = {
    ...{ traceId, spanId: spanId(), name: `GET /u/${mail} ${card} password=${password}`, kind: 2 },
    ...{ startTimeUnixNano: now, endTimeUnixNano: now, status: { code: 2, message: sentence } },
    attributes: attributes({
      'url.full': `http://x/?email=${mail.replace('@', '%40')}&new_password%5B%5D=${password}&access_token=${key}`,
      'url.query': `next=%2F${card.replaceAll(' ', '+')}%26password%3D${password}`,
      'http.request.header.authorization': `Basic ${key}`,
      'db.query.text': `select * from user where email='${mail}'`,
      texts: secretTexts,
      ...Object.fromEntries(secretTexts.map((text, index) => [`text.${index}`, text])),
      ...Object.fromEntries(harmlessTexts.map((text, index) => [`harmless.${index}`, text])),
      headers,
      ...{
        digits: Number(cardDigits),
        text: cardDigits,
        nested: secretFields,
        list: [mail, `password=${password}`],
      },
    }),
    events: [
      {
        ...{ name: 'exception', timeUnixNano: now },
        attributes: attributes({
          'exception.message': sentence,
          'exception.stacktrace': `Error: ${sentence}\n    at x (api_key: "${key}")`,
          ...secretFields,
        }),
      },
      { name: `login of ${mail}`, timeUnixNano: now, attributes: attributes({ body: secretFields }) },
    ],
  };
  // A text that looks as usual is not read in these places.
  const spansOfText = (text: string) => ({
    ...{ traceId, spanId: spanId(), name: text, kind: 3, startTimeUnixNano: now, endTimeUnixNano: now },
    attributes: attributes({
      'db.query.text': text,
      'url.full': text,
      'url.path': text,
      'server.address': text,
      'http.route': text,
      'error.type': text,
      'spared.query': text,
    }),
    events: [
      { name: text, timeUnixNano: now, attributes: attributes({ 'db.query.text': text, 'url.path': text }) },
    ],
  });
  const spans = [span, ...[...secretTexts, ...usualTextsWith(key, cardDigits)].map(spansOfText)];
  const record = (body: Value) => ({
    ...{ timeUnixNano: now, traceId, spanId: spanId(), severityText: 'info', body: otlp(body) },
    attributes: attributes({ user: secretFields, users: [secretFields, { x: mail }], note: mail }),
  });
  const point = { asInt: '1', timeUnixNano: now, attributes: attributes({ email: mail, x: sentence }) };
  const sum = { aggregationTemporality: 2, isMonotonic: true, dataPoints: [point] };
  return {
    traces: { resourceSpans: [{ resource, scopeSpans: [{ spans }] }] },
    logs: {
      resourceLogs: [
        {
          resource,
          scopeLogs: [{ logRecords: [sentence, secretFields, [secretFields, sentence]].map(record) }],
        },
      ],
    },
    metrics: {
      resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [{ name: 'canary.count', sum }] }] }],
    },
  };
}
