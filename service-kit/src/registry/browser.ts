import type { Attributes, SpanDeclaration } from './declaration';

/** Telemetry of the frontend's pages in browsers. Their script, in rum/, takes names and types from here. */

const page = {
  'http.route': { type: 'string', meaning: 'Pattern of the route of the page; `/*` when no route matched' },
} as const satisfies Attributes;

export const spans = {
  pageLoad: {
    name: 'page load',
    owner: 'frontend-browser',
    meaning: 'From the start of the navigation to the end of the load event',
    attributes: page,
    events: {},
  },
  navigation: {
    name: 'navigation',
    owner: 'frontend-browser',
    meaning:
      'From the start of the navigation to the last byte of the page: redirects, connection, request and response. Within a page load',
    attributes: page,
    events: {},
  },
  webVital: {
    name: '{VITAL}',
    owner: 'frontend-browser',
    meaning:
      'A web vital, once a page; it is named CLS, FCP, INP, LCP or TTFB. It takes as long as the vital says, within the page load. CLS and INP are sent when the page is hidden or left for the first time, which may be much later, so each is a trace of its own with a link to the page load. CLS lasts from the start of the navigation until then',
    attributes: {
      ...page,
      'browser.web_vital.name': {
        type: 'string',
        values: ['cls', 'fcp', 'inp', 'lcp', 'ttfb'],
        meaning: 'The same name',
      },
      'browser.web_vital.value': {
        type: 'double',
        meaning: 'Milliseconds; of CLS the score, which has no unit',
      },
      'browser.web_vital.rating': {
        type: 'string',
        values: ['good', 'needs-improvement', 'poor'],
        meaning: 'How the value compares with the thresholds of https://web.dev/articles/vitals',
      },
    },
    events: {},
  },
} as const satisfies Record<string, SpanDeclaration>;
