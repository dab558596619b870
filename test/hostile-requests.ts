import { gzipSync } from 'node:zlib';
import type { Test } from 'supertest';

type FillIn = (request: Test) => void;

const typed =
  (contentType: string, body: string): FillIn =>
  (request) =>
    request.type(contentType).send(body);

const json = (body: string) => typed('application/json', body);

const form = (fields: Record<string, string>) => typed('form', new URLSearchParams(fields).toString());

/** Bytes that claim to be JSON; without a serializer of their own supertest would turn them into JSON. */
const bytes =
  (body: Buffer): FillIn =>
  (request) =>
    request
      .type('json')
      .serialize((raw) => raw)
      .send(body);

const encoded =
  (encoding: string, fillIn: FillIn): FillIn =>
  (request) =>
    request.set('Content-Encoding', encoding).use(fillIn);

/** Bodies that every route with a body refuses, whatever its fields, each as a plug-in for `request.use`. */
export const hostileBodies: [what: string, hostile: FillIn, status: number][] = [
  ['no body', () => undefined, 400],
  ['an empty JSON body', json(''), 400],
  ['malformed JSON', json('{"name":'), 400],
  ['JSON that ends too late', json('{}}'), 400],
  ['a JSON string', json('"name"'), 400],
  ['a JSON number', json('1'), 400],
  ['null', json('null'), 400],
  ['an array', json('[]'), 400],
  ['an array of objects', json('[{"id":1}]'), 400],
  ['a prototype', json('{"__proto__":{"qty":1},"constructor":{"prototype":{}}}'), 400],
  ['JSON nested 5000 deep', json(`${'['.repeat(5000)}${']'.repeat(5000)}`), 400],
  ['bytes that are no UTF-8', bytes(Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])), 400],
  ['NUL bytes', json('\0\0\0'), 400],
  ['more than 16 KiB of JSON', json(`{"x":"${'x'.repeat(16 * 1024)}"}`), 413],
  ['more than 16 KiB of a form', form({ x: 'x'.repeat(16 * 1024) }), 413],
  ['a gzip bomb', encoded('gzip', bytes(gzipSync(`{"x":"${'x'.repeat(1e6)}"}`))), 413],
  ['what only claims to be gzip', encoded('gzip', json('{}')), 400],
  ['an unknown encoding', encoded('rot13', json('{}')), 415],
  ['1500 other form fields', form(numberedFields(1500)), 400],
  ['plain text', typed('text/plain', '{}'), 415],
  ['XML', typed('application/xml', '<name/>'), 415],
  ['a multipart form', typed('multipart/form-data; boundary=x', '--x--'), 415],
  ['a body of no type', (request) => request.send(Buffer.from('{}')), 415],
  ['JSON in Latin-1', typed('application/json; charset=iso-8859-1', '{}'), 415],
  ['a malformed content type', (request) => request.set('Content-Type', 'json').send('{}'), 415],
];

function numberedFields(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, '']));
}

/** Values that are no whole number, or not written as one. */
export const notIntegers: unknown[] = [
  ...['1_0', ' 7 ', '٣', '1.5', '1.0', '1e3', '1e0', '0x1', '+1', '-1', '--1', '', ' ', 'abc', '12abc'],
  ...['1\0', '９', '1,000', 'NaN', 'Infinity', 'null', 'true', '1n', '9'.repeat(400), '%ff', '\ud800'],
  ...[1.5, -1, -0.5, 1e300, 2 ** 53, true, false, null, [], [1], ['1'], {}, { valueOf: 1 }],
];

/** Values that no person could have meant as text. */
export const notText: unknown[] = [
  ...['', ' ', '\t\n', '\u00a0', 'a\0b', 'a\nb', '\x1b[31m', '\x7f', '\u0085', 'a\ud800b', '\udc00'],
  ...['\ufffd', '\u2028', '\u200b', '\u00ad', '\u0301', '\u202eevil'],
  ...[1, 1.5, true, null, [], ['text'], {}, { toString: 'text' }],
];
