import { databaseOutages, outlastDatabaseOutage } from '../stack/database-outage.ts';
import { test } from '../stack/stack-test.ts';
import { freezeJaegerAndLoki, loseCollector } from '../stack/telemetry-outage.ts';

test('When the collector is killed for a minute at 20 requests a second, then none fails, telemetry is back in 5 s, and what is lost is counted', async ({
  stack,
}) => {
  await loseCollector(stack, { seconds: 60, perSecond: 20, backWithinMs: 5000 });
});

test('When Jaeger and Loki hang for a minute at 50 requests a second, then nothing is lost', async ({
  stack,
}) => {
  await freezeJaegerAndLoki(stack, { seconds: 60, perSecond: 50 });
});

test.for(databaseOutages)(
  'When $part has a $how for 20 s under steady traffic, then 503 in 2 s while it lasts, normal after, and nothing is lost or done twice',
  async (outage, { stack }) => outlastDatabaseOutage(stack, outage, 20),
);
