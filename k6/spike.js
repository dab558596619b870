import { setUpVisitors } from './lib/customers.js';
import { durationSeconds, rate } from './lib/settings.js';
import { responseTimes, systemTags } from './lib/shop.js';
import { summaryOf } from './lib/summary.js';

// RATE pages a second for DURATION, from one second to the next, with a tenth of it for half a minute before and after.
// The shop may be slow and refuse some of the spike, and has to be itself again after it.

const perSecond = rate(100);
const seconds = durationSeconds('30s');
const calmSeconds = 30;

/**
 * @param {number} startSeconds
 * @param {number} pagesPerSecond
 * @param {number} forSeconds
 */
function phase(startSeconds, pagesPerSecond, forSeconds) {
  return {
    executor: 'constant-arrival-rate',
    exec: 'browse',
    startTime: `${startSeconds}s`,
    duration: `${forSeconds}s`,
    rate: pagesPerSecond,
    preAllocatedVUs: Math.ceil(pagesPerSecond / 2),
    maxVUs: 5 * pagesPerSecond,
  };
}

const calm = Math.ceil(perSecond / 10);

export const options = {
  systemTags,
  scenarios: {
    before: phase(0, calm, calmSeconds),
    spike: phase(calmSeconds, perSecond, seconds),
    after: phase(calmSeconds + seconds, calm, calmSeconds),
  },
  thresholds: {
    ...responseTimes(5000),
    checks: ['rate>0.99'],
    'http_req_failed{scenario:before}': ['rate<0.01'],
    'http_req_failed{scenario:spike}': ['rate<0.05'],
    'http_req_failed{scenario:after}': ['rate<0.01'],
    'http_req_duration{scenario:after}': ['p(95)<500'],
  },
};

export const setup = setUpVisitors;
export { browse } from './lib/customers.js';
export const handleSummary = summaryOf('spike');
