/** Formats seconds as `0:27`, `−1:05` or `1:15:30`. */
export function formatElapsed(seconds: number): string {
  const whole = Math.round(Math.abs(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = whole < 3600 ? parts.slice(1) : parts;
  const [first, ...rest] = shown.map(String);
  const sign = seconds < 0 && whole > 0 ? '−' : '';
  return sign + [first, ...rest.map((part) => part.padStart(2, '0'))].join(':');
}

/** Formats a length of time as `4.2 s`, `27 s`, `1 min 12 s` or `1 h 5 min`; `–` when it is unknown. */
export function formatSeconds(seconds: number | undefined): string {
  if (!isKnown(seconds)) return '–';
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const parts =
    hours > 0 ? [amount(hours, 'h'), amount(minutes, 'min')] : [amount(minutes, 'min'), amount(rest, 's')];
  return parts.filter((part) => part !== '').join(' ');
}

function amount(count: number, unit: string): string {
  return count === 0 ? '' : `${count} ${unit}`;
}

const counts = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

/** Formats a number as `4,810`. */
export function formatCount(count: number): string {
  return isKnown(count) ? counts.format(count) : '–';
}

/** Formats a share of 1 with `digits` significant digits: 0.065 as `6.5 %`. */
export function formatShare(share: number, digits = 2): string {
  if (!isKnown(share)) return '–';
  const percent = share * 100;
  const rounded = percent >= 100 ? Math.round(percent) : Number(percent.toPrecision(digits));
  return `${rounded.toLocaleString('en-GB', { maximumSignificantDigits: 15 })} %`;
}

/** Formats the time of day in UTC as `14:03:21`. */
export function formatUtcTime(ms: number): string {
  return isKnown(ms) ? new Date(ms).toISOString().slice(11, 19) : '–';
}

/** Formats the day in UTC as `28 November 2026`. */
export function formatUtcDay(ms: number): string {
  const parts = { day: 'numeric', month: 'long', year: 'numeric' } as const;
  return isKnown(ms) ? new Date(ms).toLocaleDateString('en-GB', { ...parts, timeZone: 'UTC' }) : '–';
}

/** False for NaN, and for the null that JSON makes of it. */
function isKnown(value: number | null | undefined): value is number {
  return Number.isFinite(value);
}
