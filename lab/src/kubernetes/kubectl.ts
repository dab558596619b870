import type { Variables } from '../env-file.ts';
import { LabError } from '../lab-error.ts';
import { runProgram } from '../native/run-program.ts';
import type { Cluster } from './cluster.ts';

/** Resolves to what `kubectl` wrote on stdout; throws a LabError that explains itself when it fails. */
export type Kubectl = (...args: readonly string[]) => Promise<string>;

/** A `kubectl` for the cluster's context and namespace, which ends when `signal` aborts. */
export function createKubectl(cluster: Cluster, environment: Variables, signal: AbortSignal): Kubectl {
  return async (...args) => {
    const options = { directory: process.cwd(), environment, signal };
    const all = [...placeArguments(cluster), ...args];
    const { status, stdout, output } = await runProgram('kubectl', all, options).catch(explainMissing);
    if (status === 0) return stdout;
    throw new LabError(explain(output, cluster) ?? `kubectl ${args.join(' ')} failed:\n${output}`);
  };
}

/** The arguments that name the context and the namespace. */
export function placeArguments({ context, namespace }: Pick<Cluster, 'context' | 'namespace'>): string[] {
  return [...(context === undefined ? [] : [`--context=${context}`]), `--namespace=${namespace}`];
}

/** Throws a LabError in place of the failure to find `kubectl`. */
export function explainMissing(error: unknown): never {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
    throw new LabError(
      'There is no program kubectl on PATH, which talks to the cluster: https://kubernetes.io/docs/tasks/tools/',
    );
  throw error;
}

const chooseAnother = 'kubectl config get-contexts lists the contexts, and --context chooses one.';

function explain(output: string, { context, namespace }: Cluster): string | undefined {
  const [, verb, resource] = /is forbidden: User "[^"]*" cannot (\w+) resource "([^"]+)"/.exec(output) ?? [];
  if (verb !== undefined)
    return `This user may not ${verb} ${resource} in the namespace ${namespace}. docs/kubernetes.md says what a user needs.`;
  const last = output.split('\n').at(-1) ?? '';
  if (/context .* does not exist|no context exists/.test(output))
    return `The kubeconfig has no context ${context}. ${chooseAnother}`;
  if (/current-context is not set/.test(output))
    return `The kubeconfig has no current context. ${chooseAnother}`;
  if (
    /connection to the server|Unable to connect|dial tcp|Client\.Timeout|context deadline exceeded/.test(
      output,
    )
  )
    return `The cluster${context === undefined ? '' : ` of the context ${context}`} does not answer: ${last}\n${chooseAnother}`;
  if (/must be logged in|Unauthorized/.test(output)) return `The cluster does not know this user: ${last}`;
  return undefined;
}
