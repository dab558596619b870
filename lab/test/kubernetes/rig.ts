import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterIn, clusterNames, rig } from './cluster.ts';

/**
 * Global setup: builds the rig, a real Kubernetes of one node on this machine, unless it is built; a first time takes
 * some minutes, for which no test has the time. The clusters that tests start in it end with the run.
 */
export async function setup(): Promise<() => Promise<void>> {
  if (!existsSync(rig))
    throw new Error(`The tests on Kubernetes need ${rig}, which is not there. KUBE_RIG names another one.`);
  const [status] = await once(spawn(rig, ['build', '--metrics'], { stdio: 'inherit' }), 'close');
  if (status !== 0) throw new Error(`${rig} build ended with exit status ${status}.`);

  const folder = await mkdtemp(join(tmpdir(), 'vitrine-kubernetes-'));
  // biome-ignore lint/style/noProcessEnv: the workers of vitest inherit it
  process.env.KUBE_RIG_HOME = folder;
  return async () => {
    for (const name of clusterNames) await clusterIn(name).kube('down');
    await rm(folder, { recursive: true });
  };
}
