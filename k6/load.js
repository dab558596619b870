import http from 'k6/http';
import { setUpVisitors } from './lib/customers.js';
import { baseUrl, durationSeconds, faultToken, rate, refuse } from './lib/settings.js';
import { responseTimes, systemTags } from './lib/shop.js';
import { summaryOf } from './lib/summary.js';

// RATE pages a second for DURATION. With FAULT_TOKEN, the frontend answers one request in ten with 503 meanwhile: about
// 400 requests by default, enough for the alert HighErrorRate.

const errorRate = 0.1;
/** The fault outlives the test by this, in case that the test cannot end it. */
const reserveSeconds = 60;
/** The fault switch takes no longer time. */
const faultLimitSeconds = 900;

const perSecond = rate(4);
const seconds = durationSeconds('100s');
if (faultToken && seconds + reserveSeconds > faultLimitSeconds) {
  refuse(`DURATION must be ${(faultLimitSeconds - reserveSeconds) / 60}m at most: a fault lasts no longer.`);
}

/** 3.5 standard deviations of the share of errors: one run in two thousand is outside by chance. */
const margin = 3.5 * Math.sqrt((errorRate * (1 - errorRate)) / (perSecond * seconds));

export const options = {
  systemTags,
  scenarios: {
    load: {
      executor: 'constant-arrival-rate',
      exec: 'browse',
      rate: perSecond,
      duration: `${seconds}s`,
      preAllocatedVUs: perSecond,
      maxVUs: 10 * perSecond,
    },
  },
  thresholds: {
    ...responseTimes(500),
    checks: ['rate>0.99'],
    'http_req_failed{scenario:load}': faultToken
      ? [`rate>${(errorRate - margin).toFixed(3)}`, `rate<${(errorRate + margin).toFixed(3)}`]
      : ['rate<0.01'],
  },
};

export function setup() {
  const visitors = setUpVisitors();
  if (faultToken) {
    const fault = { error_rate: errorRate, error_status: 503, duration_s: seconds + reserveSeconds };
    const { status } = switchFault('PUT', fault);
    if (status !== 200)
      refuse(`${baseUrl} refuses the fault with ${status}: is FAULT_TOKEN that of the shop?`);
  }
  return visitors;
}

export { browse } from './lib/customers.js';

export function teardown() {
  if (faultToken) switchFault('DELETE');
}

/**
 * @param {string} method
 * @param {object} [fault]
 */
function switchFault(method, fault) {
  return http.request(method, `${baseUrl}/internal/faults`, fault && JSON.stringify(fault), {
    headers: { Authorization: `Bearer ${faultToken}`, 'Content-Type': 'application/json' },
    tags: { name: `${method} /internal/faults` },
  });
}

export const handleSummary = summaryOf('load');
