import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspectProcess } from '../../src/process-table.ts';
import { clusterIn, clusterNames, rig } from './cluster.ts';

/**
 * Global setup: builds the rig, a real Kubernetes of one node on this machine, unless it is built; a first time takes
 * some minutes, for which no test has the time. The clusters that tests start in it end with the run, or at the beginning of
 * the next one if it was killed.
 */
export async function setup(): Promise<() => Promise<void>> {
  if (!existsSync(rig))
    throw new Error(`The tests on Kubernetes need ${rig}, which is not there. KUBE_RIG names another one.`);
  const [status] = await once(spawn(rig, ['build', '--metrics'], { stdio: 'inherit' }), 'close');
  if (status !== 0) throw new Error(`${rig} build ended with exit status ${status}.`);

  for (const name of await readdir(tmpdir())) {
    const [, pid] = /^vitrine-kubernetes-(\d+)-/.exec(name) ?? [];
    if (pid !== undefined && inspectProcess(Number(pid)) === undefined)
      await endClusters(join(tmpdir(), name));
  }
  const folder = await mkdtemp(join(tmpdir(), `vitrine-kubernetes-${process.pid}-`));
  // biome-ignore lint/style/noProcessEnv: the workers of vitest inherit it
  process.env.KUBE_RIG_HOME = folder;
  return () => endClusters(folder);
}

async function endClusters(folder: string): Promise<void> {
  for (const name of clusterNames) await clusterIn(name, { folder }).kube('down');
  await rm(folder, { recursive: true });
}
