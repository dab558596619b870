import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { join, resolve } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { program } from '../src/commands.ts';
import { drawSituation } from '../src/drill/situation.ts';
import { asTyped, type Cluster, chooseCluster, defaultCluster } from '../src/kubernetes/cluster.ts';
import { openForwards } from '../src/kubernetes/forwards.ts';
import { createKubectl } from '../src/kubernetes/kubectl.ts';
import { createKubernetesStack } from '../src/kubernetes/kubernetes-stack.ts';
import { LabError } from '../src/lab-error.ts';
import { createJaeger } from '../src/query/jaeger.ts';
import { findPlaces, readSettings } from '../src/settings.ts';
import { statusTable } from '../src/status-table.ts';
import { verify } from '../src/verify/verify.ts';
import { welcome } from '../src/welcome.ts';
import { fakeDocker } from './fake-docker.ts';
import { temporaryFolder } from './temporary-folder.ts';

const root = resolve(import.meta.dirname, '../..');
const shop = ['frontend', 'user-service', 'otel-collector', 'user-dbase'];

type Shape = { replicas?: number; kept?: Record<string, string>; pods?: readonly object[] };

/** A workload and its pods, as `kubectl get` prints them. */
function workload(name: string, { replicas = 1, kept = {}, pods = [pod(name)] }: Shape = {}): object[] {
  const labels = { 'app.kubernetes.io/name': name };
  const kind = name.endsWith('dbase') ? 'StatefulSet' : 'Deployment';
  const metadata = { name, labels, annotations: kept, generation: 1 };
  const status = { observedGeneration: 1, replicas, updatedReplicas: replicas };
  return [{ kind, metadata, spec: { replicas }, status }, ...(replicas > 0 ? pods : [])];
}

function pod(name: string, { isReady = true, id = 'a', state = {}, restarts = 0, lastState = {} } = {}) {
  return {
    kind: 'Pod',
    metadata: { name: `${name}-${id}`, labels: { 'app.kubernetes.io/name': name } },
    status: {
      ...{ phase: 'Running', hostIP: '10.99.0.2' },
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
      containerStatuses: [
        {
          ...{ name, ready: isReady, restartCount: restarts, image: `vitrine/${name}`, lastState },
          state: isReady ? { running: { startedAt: '2026-01-01T00:00:00Z' } } : state,
        },
      ],
    },
  };
}

const list = (...items: readonly object[]) => JSON.stringify({ items });
const whole = () => list(...shop.flatMap((name) => workload(name)));

/** A stack with a `kubectl` that follows `script`, and prints the `states` one after the other, the last again and again. */
function fakeStack(
  states: readonly string[],
  script = '',
  cluster: Cluster = { ...defaultCluster, overlay: 'test' },
) {
  const folder = temporaryFolder();
  for (const [index, state] of states.entries()) writeFileSync(join(folder, String(index)), state);
  const next = `n=$(cat ${folder}/n 2>/dev/null || echo 0); cat ${folder}/$n; [ ! -e ${folder}/$((n + 1)) ] || echo $((n + 1)) >${folder}/n`;
  const { PATH, calls } = fakeDocker(`${script}\n*" get deployments,"*) ${next} ;;`, 'kubectl');
  const places = findPlaces({ VITRINE_HOME: join(folder, 'home') });
  const settings = readSettings(places, { PATH });
  const said: string[] = [];
  const renewed: string[] = [];
  const stack = createKubernetesStack(
    cluster,
    settings,
    {
      environment: { PATH },
      forwards: {
        open: async () => undefined,
        toPod: async (name, port) => (name.endsWith('gone') ? undefined : port + name.length),
        renew: (name) => void renewed.push(name),
      },
    },
    { report: (line) => void said.push(line), signal: new AbortController().signal },
  );
  /** The calls that change something. */
  const changes = () =>
    calls()
      .map((call) => call.replace('--namespace=vitrine ', ''))
      .filter((call) => !/^(?:get|kustomize|logs|auth) /.test(call));
  return { stack, said, renewed, changes };
}

const scaled = (replicas: number, kept: object) =>
  `--type=merge --patch=${JSON.stringify({ metadata: { annotations: kept }, spec: { replicas } })}`;
const stopped = (by: string, replicas = '1') => ({ 'vitrine/replicas': replicas, 'vitrine/stopped-by': by });

test('When a pod is ending, then later connections lead to another one', async () => {
  const ends = { metadata: { ...pod('frontend').metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } };
  const pods = [{ ...pod('frontend'), ...ends }, pod('frontend', { id: 'b' })];
  const { stack, renewed } = fakeStack([whole(), list(...workload('frontend', { replicas: 2, pods }))]);
  await stack.status();
  expect(renewed).toEqual([]);
  await stack.status();
  await stack.status();
  expect(renewed).toEqual(['deployment/frontend']);
});

test('Each pod of a service that runs has an address of its own', async () => {
  const pods = ['a', 'bb', 'gone'].map((id) => pod('user-service', { id }));
  const { stack } = fakeStack([list(...workload('user-service', { replicas: 3, pods }))]);
  expect(await stack.replicaUrls?.('user-service')).toEqual([
    'http://127.0.0.1:5015',
    'http://127.0.0.1:5016',
  ]);
});

test('The status of each part tells what its pods do, and which parts the namespace has not', async () => {
  const waiting = { waiting: { reason: 'CrashLoopBackOff', message: 'back-off' } };
  const lastState = { terminated: { exitCode: 137, reason: 'OOMKilled' } };
  const { stack } = fakeStack([
    list(
      ...workload('user-service', { replicas: 0, kept: stopped('stop') }),
      ...workload('product-service', { replicas: 0, kept: stopped('kill') }),
      ...workload('order-service', { replicas: 2 }),
      ...workload('jaeger', { pods: [pod('jaeger', { isReady: false, state: waiting, lastState })] }),
      ...workload('loki', {
        pods: [pod('loki', { isReady: false, state: { waiting: { reason: 'ErrImageNeverPull' } } })],
      }),
      ...workload('user-dbase'),
      {
        ...{ kind: 'Service', metadata: { name: 'order-service' } },
        spec: { ports: [{ port: 5003, nodePort: 30_503 }] },
      },
    ),
  ]);
  const states = await stack.status();
  expect(states.map(({ part, state, detail }) => [part, state, detail])).toEqual([
    ['frontend', 'unavailable', 'not in this namespace'],
    ['user-service', 'stopped', undefined],
    ['product-service', 'ended', 'was killed'],
    ['order-service', 'not ready', '1 of 2 replicas are ready; of another, its pod is not made yet'],
    ['otel-collector', 'unavailable', 'not in this namespace'],
    ['jaeger', 'not ready', 'it ran out of memory, and starts again'],
    ['prometheus', 'unavailable', 'not in this namespace'],
    ['loki', 'not ready', 'its image vitrine/loki cannot be had (ErrImageNeverPull)'],
    ['grafana', 'unavailable', 'not in this namespace'],
    ['user_dbase', 'ready', undefined],
    ['product_dbase', 'unavailable', 'not in this namespace'],
    ['order_dbase', 'unavailable', 'not in this namespace'],
  ]);
  const addressOf = (name: string) => states.find(({ part }) => part === name)?.address;
  expect(addressOf('order-service')).toBe('http://10.99.0.2:30503');
  expect(addressOf('user_dbase')).toBe('user-dbase.vitrine:3306');
});

test('When a part is stopped, then it has no pods, and start gives it as many as it had', async () => {
  const two = { replicas: 2, pods: [pod('frontend'), pod('frontend', { id: 'b' })] };
  const running = list(...workload('frontend', two), ...workload('user-dbase'));
  const down = list(
    ...workload('frontend', { replicas: 0, kept: stopped('stop', '2') }),
    ...workload('user-dbase'),
  );
  const { stack, changes, renewed } = fakeStack([running, running, down, down, down, running]);
  await stack.stop('frontend');
  await stack.start('frontend');
  expect(changes()).toEqual([
    `patch deployment/frontend ${scaled(0, stopped('stop', '2'))}`,
    `patch deployment/frontend ${scaled(2, { 'vitrine/replicas': null, 'vitrine/stopped-by': null })}`,
  ]);
  expect(renewed).toEqual(['deployment/frontend']);
});

test('When a part is killed, then its processes get no chance to end in order, and it stays down', async () => {
  const { stack, changes } = fakeStack(
    [whole(), list(...workload('frontend', { replicas: 0, kept: stopped('kill') }))],
    '*" exec "*) exit 1 ;;',
  );
  await stack.kill('frontend');
  expect(changes()).toEqual([
    'exec frontend-a -- bash -c kill -STOP -1',
    `patch deployment/frontend ${scaled(0, stopped('kill'))}`,
    'exec frontend-a -- bash -c kill -KILL -1',
    'delete pod/frontend-a --force --grace-period=0 --ignore-not-found',
  ]);
  await expect(stack.kill('frontend')).rejects.toThrow('frontend is not running; ./vitrine start frontend');
});

test('When a new version of a service does not get ready, then restart goes back to the old one', async () => {
  const lastState = { terminated: { exitCode: 1 } };
  const state = { running: { startedAt: '2026-01-01T00:00:00Z' } };
  const broken = (restarts: number) =>
    list(
      ...workload('user-dbase'),
      ...workload('user-service', {
        pods: [
          pod('user-service'),
          pod('user-service', { id: 'b', isReady: false, state, lastState, restarts }),
        ],
      }).map((item) => ({
        ...item,
        status: 'spec' in item ? { observedGeneration: 1 } : Object(item).status,
      })),
    );
  const { stack, changes } = fakeStack(
    [whole(), whole(), broken(0), broken(3)],
    '*" logs user-service-b "*" --previous"*) echo "LOG_LEVEL is invalid" ;;',
  );
  await expect(stack.restart('user-service')).rejects.toThrow(
    'user-service does not stay up: it ended with exit status 1, and starts again. The end of its log (./vitrine logs user-service):\nLOG_LEVEL is invalid\nMigrations that it has already run stay in the database.\n\nuser-service runs as it did before.',
  );
  expect(changes()).toEqual([
    'rollout restart deployment/user-service',
    'rollout undo deployment/user-service',
  ]);
});

test('A service is not started without its database, and no part is paused', async () => {
  const { stack, changes } = fakeStack([
    list(...workload('frontend'), ...workload('user-dbase', { replicas: 0 })),
  ]);
  for (const action of ['start', 'restart'] as const)
    await expect(stack[action]('frontend')).rejects.toThrow('user_dbase is not running, and frontend cannot');
  await expect(stack.pause('frontend')).rejects.toThrow('frontend cannot be paused on Kubernetes');
  await expect(stack.stop('loki')).rejects.toThrow('loki is not in this namespace, vitrine.');
  expect(changes()).toEqual([]);
});

test('When the shop is brought up, then its overlay is applied, and what was stopped runs again', async () => {
  const some = list(
    ...workload('frontend'),
    ...workload('user-dbase', { replicas: 0, kept: stopped('stop') }),
  );
  const made = '*kustomize*) echo "{kind: Namespace, metadata: {name: vitrine}}" ;;';
  const { stack, changes, said } = fakeStack([some, some, some, whole()], made);
  expect(await stack.up()).toEqual(['user-service', 'otel-collector', 'user_dbase']);
  expect(changes()).toEqual([
    'delete job make-secrets --ignore-not-found',
    `apply -k ${root}/k8s/overlays/test`,
    'annotate deployments,statefulsets --selector=app.kubernetes.io/part-of=vitrine vitrine/overlay=test --overwrite',
    `patch statefulset/user-dbase ${scaled(1, { 'vitrine/replicas': null, 'vitrine/stopped-by': null })}`,
  ]);
  expect(said).toContainEqual(expect.stringMatching(/^ {2}user_dbase is ready \(\d+\.\d s\)$/));
});

test('When no overlay is named, then up applies that of the last time, and refuses to guess that of kubectl', async () => {
  const made = '*kustomize*) echo "{kind: Namespace, metadata: {name: vitrine}}" ;;';
  const by = async (kept: Record<string, string>) => {
    const { stack, changes } = fakeStack([list(...workload('frontend', { kept }))], made, defaultCluster);
    await stack.up();
    return changes();
  };
  expect(await by({ 'vitrine/overlay': 'production-like' })).toContain(
    `apply -k ${root}/k8s/overlays/production-like`,
  );
  await expect(by({})).rejects.toThrow('name its overlay, such as --overlay laptop');
  const { stack, changes } = fakeStack([list(), whole()], made, defaultCluster);
  await stack.up();
  expect(changes()).toContain(`apply -k ${root}/k8s/overlays/laptop`);
});

test('When a service ends again and again without its database, then up goes on waiting for both', async () => {
  const state = { terminated: { exitCode: 1 } };
  const made = '*kustomize*) echo "{kind: Namespace, metadata: {name: vitrine}}" ;;';
  const without = (restarts: number) =>
    list(
      ...workload('user-dbase', { pods: [pod('user-dbase', { isReady: false })] }),
      ...workload('user-service', { pods: [pod('user-service', { isReady: false, state, restarts })] }),
    );
  const { stack, said } = fakeStack([without(0), without(0), without(0), without(4), whole()], made);
  await stack.up();
  expect(said).toContainEqual(expect.stringMatching(/^ {2}user-service is ready/));
});

test('When an image is not there, then up says so at once', async () => {
  const state = { waiting: { reason: 'ErrImageNeverPull' } };
  const made = '*kustomize*) echo "{kind: Namespace, metadata: {name: vitrine}}" ;;';
  const { stack } = fakeStack(
    [list(...workload('frontend', { pods: [pod('frontend', { isReady: false, state })] }))],
    made,
  );
  await expect(stack.up()).rejects.toThrow(
    'frontend cannot start: its image vitrine/frontend cannot be had (ErrImageNeverPull). docs/kubernetes.md',
  );
});

test('When an overlay has other namespaces too, then down --reset deletes nothing', async () => {
  const made = `*kustomize*) for name in vitrine vitrine-b; do echo "---"; echo "{kind: Namespace, metadata: {name: $name}}"; done ;;`;
  const { stack, changes } = fakeStack([whole()], made);
  await expect(stack.down({ reset: true })).rejects.toThrow(
    'This would also delete vitrine-b: kubectl delete',
  );
  expect(changes()).toEqual([]);
});

test('When a part cannot be killed, then it goes on', async () => {
  const forbidden =
    'Error from server (Forbidden): deployments.apps "user-service" is forbidden: User "jane" cannot patch resource "deployments" in API group "apps"';
  const { stack, changes } = fakeStack([whole()], `*" patch "*) echo '${forbidden}' >&2; exit 1 ;;`);
  await expect(stack.kill('user-service')).rejects.toThrow(
    'This user may not patch deployments in the namespace vitrine.',
  );
  const sent = changes().flatMap((call) => /kill -\w+/.exec(call)?.[0] ?? []);
  expect(sent).toEqual(['kill -STOP', 'kill -CONT']);
});

test('When a new version was not ready before a restart, then restart does not say that the old one is back', async () => {
  const half = workload('user-service', {
    pods: [
      pod('user-service'),
      pod('user-service', { id: 'b', isReady: false, state: { waiting: { reason: 'ErrImageNeverPull' } } }),
    ],
  });
  Object.assign(half[0] ?? {}, { status: { observedGeneration: 1, replicas: 2, updatedReplicas: 1 } });
  const { stack, changes } = fakeStack([list(...workload('user-dbase'), ...half)]);
  const [part] = (await stack.status()).filter(({ part }) => part === 'user-service');
  expect(part).toMatchObject({ state: 'ready', detail: expect.stringContaining('cannot be had') });
  const error = await stack.restart('user-service').catch((error) => error);
  expect(error.message).toMatch(/^user-service cannot start: its image .* cannot be had/);
  expect(error.message).not.toContain('as it did before');
  expect(changes()).toEqual(['rollout restart deployment/user-service']);
});

test('When a quota is used up, then it is told why there is no pod', async () => {
  const full = workload('frontend', { pods: [] }).map((item) => ({
    ...item,
    status: { conditions: [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota: group' }] },
  }));
  const { stack } = fakeStack([list(...full)]);
  expect(await stack.status()).toContainEqual(
    expect.objectContaining({ state: 'not ready', detail: 'exceeded quota: group' }),
  );
});

test('When a namespace is being deleted, then up waits for nothing', async () => {
  const made = `*kustomize*) echo "{kind: Namespace, metadata: {name: vitrine}}" ;; *" get namespace "*) echo Terminating ;;`;
  const { stack, changes } = fakeStack([list()], made);
  await expect(stack.up()).rejects.toThrow('The namespace vitrine is being deleted: try again');
  expect(changes()).toEqual([]);
});

test('When there is no such namespace, then down --reset says that it has deleted nothing', async () => {
  const made = '*kustomize*) echo "{kind: Namespace, metadata: {name: vitrine}}" ;;';
  const { stack, changes } = fakeStack([list()], made);
  expect(await stack.down({ reset: true })).toEqual({ stopped: [], deleted: [] });
  expect(changes()).toEqual([]);
});

test.for(['up', 'down --reset'])(
  'When the user may not do all of %s, then nothing of it is done',
  async (command) => {
    const made = `*kustomize*) echo "{kind: Namespace, metadata: {name: vitrine}}" ;; *"auth can-i"*) echo no; exit 1 ;;`;
    const { stack, changes } = fakeStack([whole()], made);
    const act = command === 'up' ? stack.up() : stack.down({ reset: true });
    await expect(act).rejects.toThrow(`./vitrine ${command} needs the right to`);
    expect(changes()).toEqual([]);
  },
);

test('When the shop is stopped, then services go before their databases, and the data stays', async () => {
  const gone = list(
    ...['frontend', 'user-service'].flatMap((name) => workload(name, { replicas: 0 })),
    ...['otel-collector', 'user-dbase'].flatMap((name) => workload(name)),
  );
  const { stack, changes } = fakeStack([whole(), gone, list()]);
  expect(await stack.down({ reset: false })).toEqual({
    ...{ stopped: ['frontend', 'user-service', 'otel-collector', 'user_dbase'], deleted: [] },
  });
  expect(changes().map((call) => call.split(' ')[1])).toEqual([
    ...['deployment/frontend', 'deployment/user-service'],
    ...['deployment/otel-collector', 'statefulset/user-dbase'],
  ]);
});

test('Dashboards and rules that pods do not have as they are here are told', async () => {
  const script =
    '*kustomize*grafana) echo "{kind: ConfigMap, metadata: {name: dashboard-new}}" ;; *kustomize*) echo "{kind: ConfigMap, metadata: {name: prometheus-new}}" ;;';
  const withVolume = (name: string, volume: object) =>
    workload(name, { pods: [{ ...pod(name), spec: { volumes: [volume] } }] });
  const present = withVolume('prometheus', { configMap: { name: 'prometheus-new' } });
  const old = { projected: { sources: [{ configMap: { name: 'dashboard-old' } }] } };
  const { stack } = fakeStack([list(...present, ...withVolume('grafana', old))], script);
  expect(await stack.outdated?.()).toEqual([
    'No pod has the present files of the ConfigMap dashboard-new: ./vitrine up applies them.',
  ]);
});

test('Log lines are told by their containers, and the end of kubectl is waited for', async () => {
  const script = `*" logs "*) echo "[pod/frontend-a/frontend] first"; echo "[pod/frontend-a/other] no"; echo "[pod/frontend-a/frontend] " ;;`;
  const { stack } = fakeStack([whole()], script);
  const lines: string[] = [];
  const onLine = (part: string, line: string) => void lines.push(`${part}: ${line}`);
  await stack.logs(['frontend'], { lines: 5, follow: false, onLine });
  expect(lines).toEqual(['frontend: first', 'frontend: ']);
});

/** A `kubectl port-forward` to a server of this test, which notes its process id. */
async function fakeForward({ isSilent = false } = {}) {
  const answer = (_: unknown, response: ServerResponse) => void (isSilent || response.end('served'));
  const server = createServer(answer).listen(0, '127.0.0.1');
  onTestFinished(() => server.closeAllConnections());
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = z.object({ port: z.number() }).parse(server.address());
  const pids = join(temporaryFolder(), 'pids');
  writeFileSync(pids, '');
  const script = `
    *" deployment/jaeger "*) echo "no pod" >&2; exit 1 ;;
    *" port-forward "*) echo $$ >>${pids}; echo "Forwarding from 127.0.0.1:${port} -> 5000"; exec sleep 600 ;;`;
  return { script, pids: () => readFileSync(pids, 'utf8').trim().split('\n').filter(Boolean).map(Number) };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test('A forward begins with the first connection, anew when it has ended, and ends with all others', async () => {
  const { script, pids } = await fakeForward();
  const { PATH, calls } = fakeDocker(script, 'kubectl');
  const targets = [
    { name: 'frontend', workload: 'deployment/frontend', port: 5000 },
    { name: 'jaeger', workload: 'deployment/jaeger', port: 16_686 },
  ] as const;
  const forwards = await openForwards(targets, ['--context=c', '--namespace=n'], { PATH });
  onTestFinished(forwards.close);
  const ask = async (port: number | undefined) => {
    const headers = { connection: 'close' };
    return (await fetch(`http://127.0.0.1:${port}/`, { headers })).text();
  };
  const { frontend, jaeger } = forwards.ports;
  expect(calls()).toEqual(['']);
  expect(await ask(frontend)).toBe('served');
  expect(await ask(frontend)).toBe('served');
  expect(calls()).toEqual([
    '--context=c --namespace=n port-forward --address=127.0.0.1 --pod-running-timeout=5s deployment/frontend :5000',
  ]);
  await expect(ask(jaeger)).rejects.toThrow();

  // The pod is gone, and another has come.
  for (const pid of pids()) process.kill(pid);
  await expect.poll(() => ask(frontend).then(() => pids().length)).toBe(2);
  forwards.renew('deployment/frontend');
  expect(await ask(frontend)).toBe('served');
  expect(pids()).toHaveLength(3);
  forwards.close();
  await expect.poll(() => pids().filter(isAlive)).toEqual([]);
  await forwards.open('frontend');
  expect(pids()).toHaveLength(3);
});

test('When the process that forwards is killed, then no forward is left', async () => {
  const { script, pids } = await fakeForward();
  const { PATH } = fakeDocker(script, 'kubectl');
  const program = `
    import { openForwards } from ${JSON.stringify(join(root, 'lab/src/kubernetes/forwards.ts'))};
    const target = { name: 'frontend', workload: 'deployment/frontend', port: 5000 };
    const { open } = await openForwards([target], ['--namespace=n'], process.env);
    await open('frontend');
    process.kill(process.pid, 'SIGKILL');`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], { env: { PATH } });
  await once(child, 'close');
  expect(pids()).toHaveLength(1);
  await expect.poll(() => pids().filter(isAlive)).toEqual([]);
});

/** Runs `./vitrine` with a `kubectl` that follows `script`. */
async function vitrine(args: string, script: string): Promise<void> {
  vi.stubEnv('PATH', fakeDocker(script, 'kubectl').PATH);
  vi.stubEnv('VITRINE_HOME', join(temporaryFolder(), 'home'));
  onTestFinished(() => {
    vi.unstubAllEnvs();
    chooseCluster(undefined);
  });
  await program.parseAsync(args.split(' '), { from: 'user' });
}

const secret = `*" get secret "*) echo '{"data":{"FAULT_TOKEN":"c2VjcmV0LXNlY3JldC1zZWNyZXQ="}}' ;; *current-context*) echo kind ;;`;
const refusals = [
  [
    '--kubernetes --context x status',
    'echo \'error: context "x" does not exist\' >&2; exit 1',
    'The kubeconfig has no context x. kubectl config get-contexts',
  ],
  [
    '--kubernetes status',
    'echo "error: current-context is not set" >&2; exit 1',
    'The kubeconfig has no current context',
  ],
  [
    '--kubernetes --context x trace',
    'echo "Unable to connect to the server: dial tcp 10.0.0.1:443: i/o timeout" >&2; exit 1',
    'The cluster of the context x does not answer: Unable to connect',
  ],
  [
    '--kubernetes --context x --namespace y status',
    ':',
    'The namespace y has no shop: ./start.sh --overlay … makes one, and --namespace names another namespace.',
  ],
  [
    '--kubernetes --context x --namespace y trace',
    'case "$*" in *" get secret "*) echo \'{"data":{"ADMIN_PASSWORD":"c2VjcmV0LXNlY3JldA=="}}\' ;; esac',
    'The namespace y has no shop',
  ],
  [
    '--kubernetes --context x trace',
    'case "$*" in *" get deployments"*) echo deployment.apps/frontend ;; esac',
    'The Secret vitrine-secrets is gone, or has no FAULT_TOKEN. ./start.sh makes what it lacks; then',
  ],
  ['--kubernetes --namespace B_d status', ':', '--namespace must be small letters, digits and hyphens'],
  [
    '--kubernetes --context x status',
    'case "$*" in *" get secret "*) echo \'{"data":{"FAULT_TOKEN":"c2VjcmV0LXNlY3JldC1zZWNyZXQ="}}\' ;; *" get deployments"*) echo "{\\"items\\":[]}" ;; esac',
    'The namespace vitrine has no shop: ./start.sh makes one',
  ],
  [
    '--kubernetes --context x down --overlay y --reset',
    'case "$*" in *" get deployments"*) echo "{\\"items\\":[]}" ;; esac',
    'There is no overlay y in k8s/overlays; there are',
  ],
  ['--kubernetes bench --against /nowhere', ':', 'bench is about this machine: leave --kubernetes out.'],
  ['--kubernetes up --native', ':', 'leave out one of the options'],
  ['--context x status', ':', '--context is for a cluster: ./vitrine --kubernetes …'],
  ['down --overlay x', ':', '--overlay is for a cluster'],
  [
    '--kubernetes --context x scenario database-hanging',
    'case "$*" in *" get secret "*) echo \'{"data":{"FAULT_TOKEN":"c2VjcmV0LXNlY3JldC1zZWNyZXQ="}}\' ;; esac',
    'The scenario database-hanging does not work on Kubernetes; docs/scenarios.md says why.',
  ],
] as const;
test.each(refusals)('./vitrine %s is refused in a sentence', async (args, script, sentence) => {
  const error = await vitrine(args, `*) ${script} ;;`).catch((error) => error);
  expect(error).toBeInstanceOf(LabError);
  expect(error.message).toContain(sentence);
});

/** Lets a test work on a cluster. */
function onCluster(namespace: string): void {
  chooseCluster({ ...defaultCluster, context: 'kind', namespace });
  onTestFinished(() => chooseCluster(undefined));
}

test('When a shop can be reached in its cluster only, then the way to it is told', () => {
  const parts = (address: string) => [{ part: 'frontend', state: 'ready', address } as const];
  onCluster('vitrine-group-1');
  const inside = welcome(parts('http://frontend.vitrine-group-1:5000'), 'kubernetes').join('\n');
  expect(inside).toContain('The shop is open in its cluster: http://frontend.vitrine-group-1:5000\n');
  expect(inside).toContain(
    'kubectl --context kind --namespace vitrine-group-1 port-forward service/frontend 5000\n  open http://127.0.0.1:5000, register',
  );
  const outside = welcome(parts('http://10.0.0.2:30500'), 'kubernetes').join('\n');
  expect(outside).toContain('open http://10.0.0.2:30500, register');
  expect(outside).not.toContain('port-forward');
});

test('When a backend has no pod, then the error names it, and no port of this machine', async () => {
  onCluster('vitrine');
  const server = createServer((request) => void request.socket.resetAndDestroy());
  onTestFinished(() => void server.close());
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = z.object({ port: z.number() }).parse(server.address());
  const jaeger = createJaeger(`http://127.0.0.1:${port}`);
  const sentence = /^Jaeger cannot be asked: no pod of it answers; see \.\/vitrine status\.$/;
  await expect(jaeger.traceById('5'.repeat(32))).rejects.toThrow(sentence);
});

test('When a namespace has no backends, then verify names them, and asks nothing', async () => {
  const { stack } = fakeStack([whole()]);
  const settings = readSettings(findPlaces({ VITRINE_HOME: join(temporaryFolder(), 'home') }), {});
  const session = { settings, stack, mode: 'kubernetes', report: () => undefined } as const;
  await expect(verify(session, new AbortController().signal)).rejects.toThrow(
    'verify asks jaeger, prometheus, loki: not in this namespace.',
  );
});

test('A table of parts has columns for processes only where they are known', () => {
  const part = { part: 'frontend', state: 'ready', address: 'http://10.0.0.2:30500' } as const;
  expect(statusTable([part], 0)[0]).toMatch(/^part +state +up +address$|^part +state +address$/);
  expect(statusTable([{ ...part, pid: 7, residentBytes: 5e6 }], 0)[0]).toMatch(/pid +RSS MB/);
});

test('When there is no kubectl, then it says what is missing', async () => {
  const kubectl = createKubectl(defaultCluster, { PATH: '/nowhere' }, new AbortController().signal);
  await expect(kubectl('get', 'pods')).rejects.toThrow('There is no program kubectl on PATH');
});

test('No drill on Kubernetes makes a part hang, and those of other shops are as they were', () => {
  const seeds = Array.from({ length: 200 }, (_, seed) => seed);
  const causes = (canPause: boolean) =>
    new Set(
      seeds.flatMap((seed) => drawSituation({ seed, level: 1 }, canPause).troubles.map(({ cause }) => cause)),
    );
  expect([...causes(true)].toSorted()).toEqual(['crashed', 'errors', 'hanging', 'slow']);
  expect([...causes(false)].toSorted()).toEqual(['crashed', 'errors', 'slow']);
});

test('Messages name commands as they are typed for the cluster', () => {
  onTestFinished(() => chooseCluster(undefined));
  const text = './start.sh, ./vitrine status, ./vitrine --kubernetes up, ./stop.sh --reset';
  expect(asTyped(text)).toBe(text);
  chooseCluster({ ...defaultCluster, context: 'c', namespace: 'n' });
  const vitrine = './vitrine --kubernetes --context c --namespace n';
  expect(asTyped(text)).toBe(
    `${vitrine} up, ${vitrine} status, ./vitrine --kubernetes up, ${vitrine} down --reset`,
  );
});

test('When a command is interrupted, then no forward is left', async () => {
  const { script, pids } = await fakeForward({ isSilent: true });
  const state = join(temporaryFolder(), 'state');
  writeFileSync(state, whole());
  const all = `${secret} *" get deployments,"*) cat ${state} ;; ${script}`;
  const { PATH } = fakeDocker(all, 'kubectl');
  const env = { PATH, VITRINE_HOME: join(temporaryFolder(), 'home') };
  const command = [join(root, 'lab/src/cli.ts'), '--kubernetes', 'traffic'];
  const child = spawn(process.execPath, command, { env, stdio: 'ignore' });
  await expect.poll(() => pids().length, { timeout: 30_000 }).toBeGreaterThan(0);
  child.kill('SIGINT');
  expect(await once(child, 'exit')).toEqual([130, null]);
  await expect.poll(() => pids().filter(isAlive)).toEqual([]);
});
