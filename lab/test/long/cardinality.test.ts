import { expectBoundedSeries } from '../stack/bounded-series.ts';
import { test } from '../stack/stack-test.ts';

const minutes = 10;

test(`When anything is asked of anyone for ${minutes} minutes, then series stay few, do not grow, and name nobody`, async ({
  stack,
}) => {
  const endsAt = Date.now() + minutes * 60_000;
  await expectBoundedSeries(stack, () => Date.now() < endsAt);
});
