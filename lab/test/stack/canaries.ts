import { randomBytes } from 'node:crypto';

const mail = 'canary.user@example.org';
const unusualMail = 'canary!user@example.org';
const password = 'hunter2-CANARY';
const key = 'Zq9x8w7v6u5t4s3r2q1p0o9n8m7l6k5j4h3g2f1dCAN';
const card = '4111 1111 1111 1111';
const cardDigits = card.replaceAll(' ', '');

const phrase = 'correct horse CANARY';
const sessionId = 'cAnArYcAnArYcAnArYcAnArY';

/** Texts that no backend may hold, in each way to write them; of the phrase, not even a word. */
export const canaries = [
  ...phrase.split(' ').slice(1),
  sessionId,
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

type Value = string | number | readonly Value[] | { [name: string]: Value };

/** Writes a value as OTLP's JSON does. */
function otlp(value: Value): object {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'number') return { intValue: String(value) };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(otlp) } };
  return { kvlistValue: { values: attributes(value) } };
}

function attributes(values: object): object[] {
  return Object.entries(values).map(([name, value]) => ({ key: name, value: otlp(value) }));
}

/** Requests to the collector, by the last part of the path, from a service that writes its secrets everywhere. */
export function canaryPayloads(traceId: string) {
  const now = String(BigInt(Date.now()) * 1_000_000n);
  const spanId = () => randomBytes(8).toString('hex');
  const resource = { attributes: attributes({ 'service.name': 'canary-service', 'user.email': mail }) };
  const sentence = `'${mail}' ${unusualMail} password=${password}; card ${card}; Authorization: Bearer ${key}`;
  const nested = { email: mail, api_key: key, deep: { password, digits: Number(cardDigits) } };
  const span = {
    ...{ traceId, spanId: spanId(), name: `GET /u/${mail} ${card} password=${password}`, kind: 2 },
    ...{ startTimeUnixNano: now, endTimeUnixNano: now, status: { code: 2, message: sentence } },
    attributes: attributes({
      'url.full': `http://x/?email=${mail.replace('@', '%40')}&new_password%5B%5D=${password}&access_token=${key}`,
      'url.query': `next=%2F${card.replaceAll(' ', '+')}%26password%3D${password}`,
      'http.request.header.authorization': `Basic ${key}`,
      'db.query.text': `select * from user where email='${mail}'`,
      texts: [
        `token: Bearer ${key}`,
        `password=${card}`,
        `{"password":"${phrase}"}`,
        `%22password%22%3A%22${password}%22`,
        `Cookie: lang=fr; session=s%3A${sessionId}.sIgNaTuRe`,
        `session s:${sessionId}.sIgNaTuRe`,
        `the key ${key} was used`,
        mail.replace('@', '%2540'),
      ],
      headers: JSON.stringify({ authorization: `Bearer ${key}`, cookie: `sid=${password}` }),
      ...{ digits: Number(cardDigits), text: cardDigits, nested, list: [mail, `password=${password}`] },
    }),
    events: [
      {
        ...{ name: 'exception', timeUnixNano: now },
        attributes: attributes({
          'exception.message': sentence,
          'exception.stacktrace': `Error: ${sentence}\n    at x (api_key: "${key}")`,
          ...nested,
        }),
      },
      { name: `login of ${mail}`, timeUnixNano: now, attributes: attributes({ body: nested }) },
    ],
  };
  const record = (body: Value) => ({
    ...{ timeUnixNano: now, traceId, spanId: spanId(), severityText: 'info', body: otlp(body) },
    attributes: attributes({ user: nested, users: [nested, { x: mail }], note: mail }),
  });
  const point = { asInt: '1', timeUnixNano: now, attributes: attributes({ email: mail, x: sentence }) };
  const sum = { aggregationTemporality: 2, isMonotonic: true, dataPoints: [point] };
  return {
    traces: { resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] },
    logs: {
      resourceLogs: [
        { resource, scopeLogs: [{ logRecords: [sentence, nested, [nested, sentence]].map(record) }] },
      ],
    },
    metrics: {
      resourceMetrics: [{ resource, scopeMetrics: [{ metrics: [{ name: 'canary.count', sum }] }] }],
    },
  };
}
