import { stripVTControlCharacters } from 'node:util';
import { serviceNames } from '../part-names.ts';
import type { LogLine } from '../query/loki.ts';
import type { Attributes, Span } from '../query/span.ts';

/** `GET → order-service` or `SELECT → order_dbase` for a CLIENT span; the name of any other span. */
export function spanLabel({ kind, name, attributes }: Span): string {
  if (kind !== 'client') return name;
  const other =
    attributes['db.namespace'] ??
    attributes['db.name'] ??
    attributes['peer.service'] ??
    attributes['server.address'];
  return other === undefined ? name : `${name} → ${other}`;
}

/** The response's status code if there is one, else the error's type; empty for success. */
export function spanOutcome({ status, attributes }: Span): string {
  const code = attributes['http.response.status_code'];
  if (code !== undefined) return String(code);
  return status === 'error' ? String(attributes['error.type'] ?? 'error') : '';
}

export function isFailure({ kind, status, attributes }: Span): boolean {
  if (status === 'error') return true;
  return kind === 'server' && Number(attributes['http.response.status_code']) >= 500;
}

/** The number that selects a service's colour: 0 to 3 for the shop's own, 4 for any other. */
export function serviceNumber(service: string): number {
  const names: readonly string[] = serviceNames;
  const number = names.indexOf(service);
  return number === -1 ? names.length : number;
}

/** The level of a log line: `info`, `warn` … */
export function levelOf({ metadata }: LogLine): string {
  return (metadata.severity_text ?? metadata.detected_level ?? '').toLowerCase();
}

const shownElsewhere = [
  ...['trace_id', 'span_id', 'flags', 'scope_name', 'scope_version'],
  ...['severity_text', 'severity_number', 'detected_level', 'observed_timestamp'],
];
/** Fields of the process that wrote the line. */
const processField = /^(?:deployment|host|os|process|service|telemetry)_/;

/** The line's own fields beside its text, as `key=value`. */
export function lineFields({ metadata }: LogLine): string[] {
  const own = Object.entries(metadata).filter(
    ([key]) => !shownElsewhere.includes(key) && !processField.test(key),
  );
  return pairs(Object.fromEntries(own));
}

export function pairs(attributes: Attributes): string[] {
  return Object.entries(attributes).map(([key, value]) => `${key}=${value}`);
}

/** Formats a duration as `0.42 ms`, `48.2 ms` or `1.24 s`. */
export function formatDuration(ms: number): string {
  if (ms >= 999.95) return `${(ms / 1000).toFixed(2)} s`;
  return `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;
}

/** Formats a time as `24 Nov 2026 17:03:11.123`, in the time zone of this machine. */
export function formatTime(ms: number): string {
  const time = new Date(ms);
  const day = time.toLocaleDateString('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });
  return `${day} ${time.toLocaleTimeString('en-GB')}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}

/** Puts a text on one line and removes control sequences: attackers may have written it. */
export function sanitizeForTerminal(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern removes them
  return stripVTControlCharacters(text).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ');
}
