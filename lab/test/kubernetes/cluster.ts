import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { type Outcome, root } from '../stack/start-stack.ts';

export const namespace = 'vitrine';

// biome-ignore lint/style/noProcessEnv: a test run has no settings of its own
const shell = process.env;

/** The command of the rig, a real Kubernetes of one node on this machine. */
export const rig = shell.KUBE_RIG ?? join(root, '../shared/kube-rig/kube');

/** The clusters of a test run: one is an API server only, the other has a node. */
export const clusterNames = ['api-server', 'node'] as const;

/** A cluster of the rig. */
export type Cluster = {
  /** Runs a command of the rig, in the folder of this repository; rejects with its output when it fails. */
  kube: (...args: readonly string[]) => Promise<string>;
  /** Runs `kubectl` in the shop's namespace; rejects with its output when it fails. */
  kubectl: (...args: readonly string[]) => Promise<string>;
  /** Runs `kubectl` to its end, with this text as its input. */
  tryKubectl: (args: readonly string[], input?: string) => Promise<Outcome>;
  /** Runs `./vitrine --kubernetes` in the network of the node, where `kubectl` is that of the cluster. */
  vitrine: (...args: readonly string[]) => Promise<Outcome>;
  /** Runs `kubectl get --output json`, and resolves to the items. */
  get: <Item>(schema: z.ZodType<Item>, ...args: readonly string[]) => Promise<Item[]>;
};

/** Gives the commands of a cluster, which has its state in a folder of its name; they run in this environment. */
export function clusterIn(
  name: (typeof clusterNames)[number],
  { environment = shell, folder = shell.KUBE_RIG_HOME ?? '' } = {},
): Cluster {
  const tryKube = async (args: readonly string[], input = ''): Promise<Outcome> => {
    const env: NodeJS.Dict<string> = { ...environment, KUBE_RIG_HOME: join(folder, name) };
    const child = spawn(rig, args, { cwd: root, env, stdio: ['pipe', 'pipe', 'pipe'] });
    child.stdin.on('error', () => {}).end(input);
    const [stdout, stderr, [status]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    return { status: Number(status), stdout, stderr };
  };
  const kube: Cluster['kube'] = async (...args) => {
    const { status, stdout, stderr } = await tryKube(args);
    if (status === 0) return stdout.trim();
    throw new Error(`kube ${args.join(' ')} ended with exit status ${status}:\n${stdout}${stderr}`);
  };
  const kubectl: Cluster['kubectl'] = (...args) => kube('kubectl', '--namespace', namespace, ...args);
  return {
    kube,
    kubectl,
    vitrine: (...args) => tryKube(['exec', '--', './vitrine', '--kubernetes', ...args]),
    tryKubectl: (args, input) => tryKube(['kubectl', ...args], input),
    async get(schema, ...args) {
      const answer = await kubectl('get', '--output', 'json', ...args);
      return z.object({ items: z.array(schema) }).parse(JSON.parse(answer)).items;
    },
  };
}
