import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { backendsOf } from '../stack/backends.ts';
import { readNotices, readStatus } from '../stack/part-status.ts';
import { sendRequest } from '../stack/sent-request.ts';
import { prepareSite, type Site } from '../stack/start-stack.ts';

/** It is also the time within which a shop must say that a disk is full; Loki looks at its disk every 10 s. */
const soon = { timeout: 40_000, interval: 1000 };

/** Gives a backend a small disk of its own; returns what fills it and empties it again. Mounts, which only root may. */
function giveSmallDisk({ home }: Site, part: string) {
  const folder = join(home, 'data', part);
  mkdirSync(folder, { recursive: true });
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=32m', 'tmpfs', folder], {
    encoding: 'utf8',
  });
  if (mounted.status !== 0) throw new Error(`This test mounts a small disk as root: ${mounted.stderr}`);
  const filler = join(folder, 'filler');
  return {
    fill: () => expect(() => writeFileSync(filler, Buffer.alloc(32 * 2 ** 20))).toThrow('ENOSPC'),
    empty: () => rmSync(filler),
    unmount: () => void spawnSync('umount', ['--lazy', folder]),
  };
}

test.for(['loki', 'prometheus'] as const)(
  'When the disk of %s is full, then status and console say so within 30 s, until there is room again',
  async (part) => {
    const site = await prepareSite();
    onTestFinished(site.stop);
    expect(await site.vitrine('start', 'jaeger')).toMatchObject({ status: 0 });
    const disk = giveSmallDisk(site, part);
    onTestFinished(async () => {
      await site.vitrine('down');
      disk.unmount();
    });
    for (const one of ['loki', 'prometheus', 'otel-collector', 'console'])
      expect(await site.vitrine('start', one)).toMatchObject({ status: 0 });
    const backends = backendsOf(site);
    /** The state of each backend while the frontend has requests. */
    const states = async () => {
      await sendRequest(site);
      const { states } = await readStatus(site);
      return Object.fromEntries(
        ['otel-collector', 'jaeger', 'prometheus', 'loki'].map((name) => [name, states[name]]),
      );
    };
    const allReady = { 'otel-collector': 'ready', jaeger: 'ready', prometheus: 'ready', loki: 'ready' };
    await expect.poll(states, soon).toEqual(allReady);

    disk.fill();
    await expect.poll(states, soon).toEqual({ ...allReady, [part]: 'not ready' });
    await expect
      .poll(() => readNotices(site), soon)
      .toEqual(expect.arrayContaining([expect.stringMatching(`^${part}: `)]));
    if (part === 'loki') {
      const alerts = async () => (await backends.prometheus.alerts()).map(({ name }) => name);
      await expect.poll(alerts, soon).toContain('TelemetryLost');
      const traceId = await sendRequest(site);
      const trace = async () => (await site.vitrine('trace', traceId)).stdout;
      await expect.poll(trace, soon).toContain('the collector could not deliver to Loki');
    }

    disk.empty();
    await expect.poll(states, { ...soon, timeout: 90_000 }).toEqual(allReady);
    await expect.poll(() => readNotices(site), soon).toEqual([]);
    const traceId = await sendRequest(site);
    await expect
      .poll(async () => (await site.vitrine('trace', traceId)).stdout, soon)
      .toContain('info request');
  },
);
