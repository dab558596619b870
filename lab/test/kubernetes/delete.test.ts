import { expect } from 'vitest';
import { overlay, test } from './shop.ts';

test('When the overlay is deleted, then nothing of the shop is left, nor is a volume taken', async ({
  shop: { kube, kubectl },
}) => {
  await kube('kubectl', 'delete', '--kustomize', overlay, '--ignore-not-found', '--timeout=120s');
  const kinds = await kube('kubectl', 'api-resources', '--verbs=list', '--output=name');
  const everywhere = ['--all-namespaces', '--selector', 'app.kubernetes.io/part-of=vitrine', '--output=name'];
  expect(await kube('kubectl', 'get', kinds.split('\n').join(','), ...everywhere)).toBe('');
  expect(await kubectl('get', 'secrets,pods,persistentvolumeclaims', '--output=name')).toBe('');
  const phases = () =>
    kube('kubectl', 'get', 'persistentvolumes', '--output=jsonpath={.items[*].status.phase}');
  await expect.poll(phases, { timeout: 60_000 }).not.toMatch(/Bound|Released|Failed/);
  expect(await kube('kubectl', 'get', 'namespaces', '--output=name')).not.toContain('vitrine');
});
