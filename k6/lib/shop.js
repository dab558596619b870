import { check } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import { Trend } from 'k6/metrics';
import { baseUrl, refuse } from './settings.js';

/**
 * Each page's route, with a text that only this page has.
 * @type {Record<string, string>}
 */
const pages = {
  '/': 'class="products"',
  '/product/:slug': 'name="quantity"',
  '/login': 'action="/login"',
  '/register': 'action="/register"',
  '/checkout': 'class="cart"',
  '/order/thank-you': 'class="receipt"',
  '/orders': 'href="/orders" aria-current="page"',
};

/** The routes of forms. A password is hashed for those of `slow`. */
const forms = ['/product/:slug', '/cart/update/:product_id', '/cart/remove/:product_id', '/checkout/process'];
const slow = ['/login', '/register'];

const answerLimit = '10s';

/**
 * Every answer that names its trace. The trace id is metadata, as a tag would make a series for each; k6 passes it on
 * with `--out json=<file>`.
 */
const tracedRequests = new Trend('traced_requests', true);

let hasFailed = false;

/**
 * Options of every test: requests are told apart by their route, not by their address.
 * @type {string[]}
 */
export const systemTags = [
  'name',
  'method',
  'status',
  'scenario',
  'check',
  'error_code',
  'expected_response',
];

/**
 * Thresholds: one request in twenty for each page and form may take longer than `p95Ms`, and half a second more where a
 * password is hashed.
 * @param {number} p95Ms
 */
export function responseTimes(p95Ms) {
  const quick = [
    ...Object.keys(pages).map((route) => `GET ${route}`),
    ...forms.map((route) => `POST ${route}`),
  ];
  const limits = [
    ...quick.map((name) => [name, p95Ms]),
    ...slow.map((route) => [`POST ${route}`, p95Ms + 500]),
  ];
  return Object.fromEntries(
    limits.map(([name, limit]) => [`http_req_duration{name:${name}}`, [`p(95)<${limit}`]]),
  );
}

/** Ends the test unless the shop is open. */
export function requireShop() {
  const { status } = http.get(`${baseUrl}/readyz`, parametersOf('GET /readyz', 200));
  if (status === 200) return;
  const what = status === 0 ? 'does not answer' : `answers /readyz with ${status}`;
  refuse(`The shop at ${baseUrl} ${what}. ./start.sh starts it; BASE_URL tells of another one.`);
}

/**
 * Opens a page as a browser does, without what is in it. Returns undefined when it is not the page that it should be.
 * @param {string} path
 * @param {number} [status] the status that it should have
 */
export function openPage(path, status = 200) {
  const route = routeOf(path);
  const name = `GET ${route}`;
  const answer = receive(name, status, http.get(baseUrl + path, parametersOf(name, status)));
  const mark = status === 200 && pages[route];
  if (!answer || !mark) return answer;
  return check(answer, { [`${name} shows its page`]: () => bodyOf(answer).includes(mark) })
    ? answer
    : undefined;
}

/**
 * Submits a form of a page with its hidden fields, such as the CSRF token, and opens the page that it leads to. Returns
 * undefined when it fails, or when there is no page.
 * @param {ReturnType<typeof openPage>} page
 * @param {string} action
 * @param {Record<string, string>} [fields]
 */
export function submitForm(page, action, fields = {}) {
  const name = `POST ${routeOf(action)}`;
  if (!page) return undefined;
  const hasForm = () => bodyOf(page).includes(`action="${action}"`);
  if (!check(page, { [`${name} has its form`]: hasForm })) return undefined;
  const form = { formSelector: `form[action="${action}"]`, fields, params: parametersOf(name, 303) };
  const answer = receive(name, 303, page.submitForm(form));
  return answer && openPage(answer.headers.Location ?? '/');
}

/**
 * The addresses of the products on the home page.
 * @param {ReturnType<typeof openPage>} home
 */
export function productsOn(home) {
  return home ? [...new Set(bodyOf(home).match(/\/product\/[a-z0-9-]+(?=")/g))] : [];
}

/**
 * Redirects are followed by `submitForm`, so that the form and the page after it have a duration and a trace each.
 * @param {string} name
 * @param {number} status
 */
function parametersOf(name, status) {
  return {
    redirects: 0,
    tags: { name },
    timeout: answerLimit,
    responseCallback: http.expectedStatuses(status),
    headers: { 'Accept-Language': 'fr' },
  };
}

/**
 * @param {string} name
 * @param {number} status
 * @param {import('k6/http').Response} answer
 */
function receive(name, status, answer) {
  const isExpected = answer.status === status;
  const traceId = answer.headers['X-Trace-Id'];
  if (traceId) {
    const { metadata } = exec.vu.metrics;
    metadata.trace_id = traceId;
    tracedRequests.add(answer.timings.duration, {
      name,
      status: String(answer.status),
      expected: String(isExpected),
    });
    delete metadata.trace_id;
  }
  if (isExpected) return answer;
  // One line for each of the first visitors; the thresholds count all. Where there is no answer, k6 itself says why.
  if (!hasFailed && exec.vu.idInTest <= 10 && answer.status !== 0) {
    // biome-ignore lint/suspicious/noConsole: k6's log
    console.warn(
      `${name} answered ${answer.status} instead of ${status}${traceId ? `, trace ${traceId}` : ''}`,
    );
  }
  hasFailed ||= answer.status !== 0;
  return undefined;
}

/** @param {string} path */
function routeOf(path) {
  return path
    .replace(/[?#].*/, '')
    .replace(/^\/product\/[^/]+$/, '/product/:slug')
    .replace(/^\/cart\/(update|remove)\/\d+$/, '/cart/$1/:product_id');
}

/** @param {import('k6/http').Response} answer */
function bodyOf(answer) {
  return typeof answer.body === 'string' ? answer.body : '';
}
