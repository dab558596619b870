import { setUpVisitors } from './lib/customers.js';
import { durationSeconds, rate } from './lib/settings.js';
import { responseTimes, systemTags } from './lib/shop.js';
import { summaryOf } from './lib/summary.js';

// RATE pages a second for DURATION, and a purchase every five seconds. `./vitrine k6 soak` also says whether memory,
// connections and series keep their size meanwhile.

const perSecond = rate(30);
const duration = `${durationSeconds('30m')}s`;

export const options = {
  systemTags,
  scenarios: {
    pages: {
      ...{ executor: 'constant-arrival-rate', exec: 'browse', duration },
      ...{ rate: perSecond, preAllocatedVUs: perSecond, maxVUs: 2 * perSecond },
    },
    purchases: {
      ...{ executor: 'constant-arrival-rate', exec: 'purchase', duration },
      ...{ rate: 1, timeUnit: '5s', preAllocatedVUs: 5, maxVUs: 20 },
    },
  },
  thresholds: { ...responseTimes(500), checks: ['rate>0.99'], http_req_failed: ['rate<0.01'] },
};

export const setup = setUpVisitors;
export { browse, purchase } from './lib/customers.js';
export const handleSummary = summaryOf('soak');
