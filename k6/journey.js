import { durationSeconds, rate } from './lib/settings.js';
import { requireShop, responseTimes, systemTags } from './lib/shop.js';
import { summaryOf } from './lib/summary.js';

// RATE purchases begin each second, for DURATION. Customers take their time; each has an account of their own.

const perSecond = rate(1);

export const options = {
  systemTags,
  scenarios: {
    journey: {
      executor: 'constant-arrival-rate',
      exec: 'purchase',
      rate: perSecond,
      duration: `${durationSeconds('1m')}s`,
      preAllocatedVUs: 15 * perSecond,
      maxVUs: 40 * perSecond,
    },
  },
  thresholds: { ...responseTimes(500), checks: ['rate>0.99'], http_req_failed: ['rate<0.01'] },
};

export const setup = requireShop;
export { purchase } from './lib/customers.js';
export const handleSummary = summaryOf('journey');
