import { LabError } from '../lab-error.ts';
import { type ServiceName, serviceNames } from '../part-names.ts';
import { serviceUrl } from '../service-url.ts';
import type { Settings } from '../settings.ts';
import type { Stack } from '../stack.ts';
import type { SwitchSettings } from './fault.ts';

const answerLimitMs = 5000;

/** A shop; without a `stack` that says otherwise, it has one replica of each service. */
type Shop = { settings: Settings; stack?: Pick<Stack, 'replicaUrls'> };

/**
 * Sets the fault switch of each replica of a service for `durationSeconds` at most. A `hidden` fault shows neither in the
 * telemetry nor at the switch until it ends. Throws a LabError when the service refuses it or does not answer.
 */
export async function setSwitch(
  shop: Shop,
  service: ServiceName,
  fault: SwitchSettings,
  { durationSeconds, hidden = false }: { durationSeconds: number; hidden?: boolean },
): Promise<void> {
  await askSwitches(shop, service, 'PUT', { ...fault, duration_s: durationSeconds, hidden });
}

/** Ends the faults of services; resolves to a sentence for each that cannot be asked to. */
export async function clearSwitches(
  shop: Shop,
  services: readonly ServiceName[] = serviceNames,
): Promise<readonly string[]> {
  const outcomes = await Promise.allSettled(services.map((service) => askSwitches(shop, service, 'DELETE')));
  return outcomes.flatMap((outcome) => {
    if (outcome.status === 'fulfilled') return [];
    if (outcome.reason instanceof LabError) return [outcome.reason.message];
    throw outcome.reason;
  });
}

async function askSwitches(
  { settings, stack }: Shop,
  service: ServiceName,
  method: 'PUT' | 'DELETE',
  fault?: object,
): Promise<void> {
  const replicas = (await stack?.replicaUrls?.(service)) ?? [serviceUrl(settings, service)];
  if (fault && replicas.length === 0) throw new LabError(`No ${service} runs: see ./vitrine status`);
  await Promise.all(replicas.map((url) => askSwitch(settings, service, url, method, fault)));
}

async function askSwitch(
  settings: Settings,
  service: ServiceName,
  replicaUrl: string,
  method: 'PUT' | 'DELETE',
  fault?: object,
): Promise<void> {
  const url = `${replicaUrl}/internal/faults`;
  const authorization = `Bearer ${settings.values.FAULT_TOKEN}`;
  const request = {
    method,
    headers: { authorization, ...(fault && { 'content-type': 'application/json' }) },
    body: fault ? JSON.stringify(fault) : null,
    signal: AbortSignal.timeout(answerLimitMs),
  };
  const { ok, status, text } = await readAnswer(url, request).catch(() => {
    throw new LabError(`${service} at ${url} does not answer: see ./vitrine status`);
  });
  if (ok) return;
  if ([401, 404].includes(status)) {
    throw new LabError(
      `${service} has another FAULT_TOKEN than this command, or none: ./vitrine restart ${service} gives it the present one.`,
    );
  }
  throw new LabError(`${service} refuses the fault with ${status}: ${text.slice(0, 300)}`);
}

async function readAnswer(url: string, request: RequestInit) {
  const response = await fetch(url, request);
  return { ok: response.ok, status: response.status, text: await response.text() };
}
