import { type Context, type Link, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { type MetricType, onCLS, onFCP, onINP, onLCP, onTTFB } from 'web-vitals';
import type { spans } from '../../service-kit/src/registry/browser';
import type { BROWSER, Values } from '../../service-kit/src/registry/declaration';

/*
 * Measures the page that it is in, and sends spans. It sends no metrics: those of each browser would be series of their
 * own. The collector counts the spans of all browsers instead.
 */

type Page = Values<typeof spans.pageLoad.attributes>;
type Vital = Values<typeof spans.webVital.attributes>;

const VITALS = {
  ...{ CLS: 'cls', FCP: 'fcp', INP: 'inp', LCP: 'lcp', TTFB: 'ttfb' },
} as const satisfies Record<MetricType['name'], Vital['browser.web_vital.name']>;

const serviceName: typeof BROWSER = 'frontend-browser';
const pageLoad: typeof spans.pageLoad.name = 'page load';
const navigation: typeof spans.navigation.name = 'navigation';

/** The frontend describes the page on the element of this script, which is known only while it runs the first time. */
const { traces = '', route = '', traceparent = '' } = document.currentScript?.dataset ?? {};
const page: Page = { 'http.route': route };

function measure(): void {
  const [entry] = performance.getEntriesByType('navigation');
  if (!entry) return;
  const record = startTracer();
  const load = record(pageLoad, page, { from: 0, to: entry.loadEventEnd, within: requestOf(entry) });
  record(navigation, page, { from: 0, to: entry.responseEnd, within: load });

  const recorded = new Set<string>();
  for (const listen of [onCLS, onFCP, onINP, onLCP, onTTFB])
    listen((vital) => {
      // A vital may change after the page was hidden and shown again, but what was counted cannot be taken back.
      if (recorded.has(vital.name)) return;
      recorded.add(vital.name);
      const attributes: Page & Vital = {
        ...page,
        'browser.web_vital.name': VITALS[vital.name],
        'browser.web_vital.value': vital.value,
        'browser.web_vital.rating': vital.rating,
      };
      record(vital.name, attributes, { ...timesOf(vital), ...placeOf(vital, load) });
    });
}

/** The request that served the page. A page from the browser's cache has none, and begins a trace of its own. */
function requestOf({ transferSize }: PerformanceNavigationTiming): Context {
  const request = parseTraceParent(traceparent);
  return transferSize > 0 && request ? trace.setSpanContext(ROOT_CONTEXT, request) : ROOT_CONTEXT;
}

interface Place {
  /** The context of the parent. */
  within: Context;
  links?: Link[];
}

/** CLS and INP tell of the whole time on the page, which may be hours: they are only linked to its load. */
function placeOf({ name }: MetricType, load: Context): Place {
  if (name !== 'CLS' && name !== 'INP') return { within: load };
  const context = trace.getSpanContext(load);
  return { within: ROOT_CONTEXT, links: context ? [{ context }] : [] };
}

/** In milliseconds since the start of the navigation. */
interface Times {
  from: number;
  to: number;
}

function timesOf({ name, value, entries }: MetricType): Times {
  if (name === 'CLS') return { from: 0, to: performance.now() };
  const from = name === 'INP' ? (entries[0]?.startTime ?? 0) : 0;
  return { from, to: from + value };
}

/** @returns a function that records a span, and returns the context of its children */
function startTracer() {
  const resource = resourceFromAttributes({
    'service.name': serviceName,
    'service.namespace': 'vitrine',
    'deployment.environment.name': 'lab',
  });
  // It also sends when the page is hidden, after the vitals that end then: they listen in the capture phase.
  const exporter = new OTLPTraceExporter({ url: traces });
  const provider = new TracerProvider({
    resource: defaultResource().merge(resource),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: 1000 })],
  });
  const tracer = provider.getTracer('vitrine');
  const time = (milliseconds: number) => performance.timeOrigin + milliseconds;

  return (name: string, attributes: Page, { from, to, within, links = [] }: Times & Place): Context => {
    const options = { startTime: time(from), attributes: { ...attributes }, links };
    const span = tracer.startSpan(name, options, within);
    span.end(time(to));
    return trace.setSpan(within, span);
  };
}

// The end of the load event is known only after its listeners have run.
const measureSoon = () => setTimeout(measure);
if (document.readyState === 'complete') measureSoon();
else addEventListener('load', measureSoon);
