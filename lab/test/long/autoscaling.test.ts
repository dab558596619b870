import { beforeAll, expect, onTestFinished } from 'vitest';
import { z } from 'zod';
import { keepSending } from '../kubernetes/request.ts';
import { setup } from '../kubernetes/rig.ts';
import { test } from '../kubernetes/shop.ts';
import { servedOf } from '../stack/telemetry-outage.ts';

beforeAll(setup, 1_200_000);

const scaling = ['--filename', 'k8s/base/scaling.yaml'];

test('When the load on a service rises and falls, then pods come and go, and every request is answered', async ({
  shop,
}) => {
  onTestFinished(async () => void (await shop.kubectl('delete', ...scaling)));
  await shop.kubectl('apply', ...scaling);
  const replicas = async () => {
    const frontend = await shop.kubectl('get', 'deployment/frontend', '--output=json');
    return z.object({ status: z.object({ readyReplicas: z.number() }) }).parse(JSON.parse(frontend)).status
      .readyReplicas;
  };
  const page = { url: shop.urls.frontend };
  const many = keepSending([page], { perSecond: 15 });
  await expect.poll(replicas, { timeout: 180_000, interval: 1000 }).toBeGreaterThanOrEqual(2);
  servedOf(await many.stop());
  const few = keepSending([page], { perSecond: 1 });
  // It waits for five minutes before it takes a pod away.
  await expect.poll(replicas, { timeout: 600_000, interval: 1000 }).toBe(1);
  servedOf(await few.stop());
});
