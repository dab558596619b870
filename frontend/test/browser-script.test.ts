import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { AlwaysOffSampler, type Sampler, TracerProvider } from '@opentelemetry/sdk-trace';
import { afterAll, expect } from 'vitest';
import { logIn, test as shopTest } from './shop';

const tracesUrl = 'http://collector.test:4318/v1/traces';

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
const traceRequests = (sampler?: Sampler) => {
  trace.disable();
  trace.setGlobalTracerProvider(new TracerProvider(sampler && { sampler }));
};
afterAll(() => trace.disable());

const test = shopTest.extend('measured', async ({ shop }, { onCleanup }) => {
  const doors = await shop.openDoors({ tracesUrl });
  onCleanup(async () => void (await doors.close()));
  return logIn(doors, 'alice');
});

test.for<[path: string, route: string]>([
  ['/', '/'],
  ['/product/laptop-pro?email=alice%40example.com', '/product/:slug'],
  ['/checkout', '/checkout'],
  ['/no-such-page/alice', '/*'],
])(
  'When %s is measured, then its script knows the trace and the route, and nothing else',
  async ([path, route], { measured }) => {
    traceRequests();
    const page = await measured.open(path);
    const [script, ...others] = page.html.querySelectorAll('script');
    expect(others.length).toBe(0);
    const traceparent = new RegExp(`^00-${page.headers.get('x-trace-id')}-[0-9a-f]{16}-01$`);
    expect(script?.attributes).toEqual({
      async: '',
      src: expect.stringMatching(/^\/static\/rum\.js\?v=.{10}$/),
      'data-traces': tracesUrl,
      'data-route': route,
      'data-traceparent': expect.stringMatching(traceparent),
    });
    expect(script?.textContent).toBe('');
    expect((await measured.open(script?.getAttribute('src') ?? '')).status).toBe(200);
    const policy = page.headers.get('content-security-policy')?.split(';');
    expect(policy).toEqual(expect.arrayContaining(["script-src 'self'", `connect-src ${tracesUrl}`]));
  },
);

test('When the trace of a page is not sampled, then the page is not measured', async ({ measured }) => {
  traceRequests(new AlwaysOffSampler());
  const page = await measured.open('/');
  expect([page.status, page.html.querySelectorAll('script').length]).toEqual([200, 0]);
});

test('When nobody wants pages measured, then they have no script, and may not send anything', async ({
  alice,
}) => {
  traceRequests();
  const page = await alice.open('/');
  expect(page.headers.get('x-trace-id')).toMatch(/./);
  expect(page.html.querySelectorAll('script').length).toBe(0);
  expect(page.headers.get('content-security-policy')).toBe(
    "default-src 'self';script-src 'none';object-src 'none';form-action 'self';base-uri 'none';frame-ancestors 'none'",
  );
});
