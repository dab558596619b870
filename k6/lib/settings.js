import exec from 'k6/execution';

/** The address of the shop, without a slash at its end. */
export const baseUrl = setting(
  'BASE_URL',
  'http://127.0.0.1:5000',
  /^https?:\/\/[^/\s]+$/,
  'an address such as http://127.0.0.1:5000',
);

/** The token of the shop's fault switch; empty without one. */
export const faultToken = __ENV.FAULT_TOKEN ?? '';

/**
 * RATE: how many a second.
 * @param {number} fallback
 */
export function rate(fallback) {
  return Number(setting('RATE', String(fallback), /^[1-9]\d{0,3}$/, 'a whole number from 1 to 9999'));
}

/**
 * DURATION, in seconds.
 * @param {string} fallback
 */
export function durationSeconds(fallback) {
  const text = setting(
    'DURATION',
    fallback,
    /^(?=.*[1-9])(\d+h)?(\d+m)?(\d+s)?$/,
    'a time such as 90s, 5m or 1h30m',
  );
  const count = (/** @type {string} */ unit) => Number(new RegExp(`(\\d+)${unit}`).exec(text)?.[1] ?? 0);
  return count('h') * 3600 + count('m') * 60 + count('s');
}

/**
 * Ends the test with a sentence, where throwing an error would print a stack trace.
 * @param {string} sentence
 */
export function refuse(sentence) {
  exec.test.abort(sentence);
}

/**
 * @param {string} name
 * @param {string} fallback
 * @param {RegExp} pattern
 * @param {string} allowed
 */
function setting(name, fallback, pattern, allowed) {
  const value = __ENV[name] || fallback;
  if (!pattern.test(value)) refuse(`${name} must be ${allowed}, not "${value}".`);
  return value;
}
