import { LabError } from '../lab-error.ts';
import { type ServiceName, serviceNames } from '../part-names.ts';
import { serviceUrl } from '../service-url.ts';
import type { Settings } from '../settings.ts';
import type { SwitchSettings } from './fault.ts';

const answerLimitMs = 5000;

/**
 * Sets the fault switch of a service for `durationSeconds` at most. A `hidden` fault shows neither in the telemetry nor
 * at the switch until it ends. Throws a LabError when the service refuses it or does not answer.
 */
export async function setSwitch(
  settings: Settings,
  service: ServiceName,
  fault: SwitchSettings,
  { durationSeconds, hidden = false }: { durationSeconds: number; hidden?: boolean },
): Promise<void> {
  await askSwitch(settings, service, 'PUT', { ...fault, duration_s: durationSeconds, hidden });
}

/** Ends the faults of services; resolves to a sentence for each that cannot be asked to. */
export async function clearSwitches(
  settings: Settings,
  services: readonly ServiceName[] = serviceNames,
): Promise<readonly string[]> {
  const outcomes = await Promise.allSettled(
    services.map((service) => askSwitch(settings, service, 'DELETE')),
  );
  return outcomes.flatMap((outcome) => {
    if (outcome.status === 'fulfilled') return [];
    if (outcome.reason instanceof LabError) return [outcome.reason.message];
    throw outcome.reason;
  });
}

async function askSwitch(
  settings: Settings,
  service: ServiceName,
  method: 'PUT' | 'DELETE',
  fault?: object,
): Promise<void> {
  const url = `${serviceUrl(settings, service)}/internal/faults`;
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
      `${service} has another FAULT_TOKEN than ${settings.envFile} or none: ./vitrine restart ${service} gives it the present one.`,
    );
  }
  throw new LabError(`${service} refuses the fault with ${status}: ${text.slice(0, 300)}`);
}

async function readAnswer(url: string, request: RequestInit) {
  const response = await fetch(url, request);
  return { ok: response.ok, status: response.status, text: await response.text() };
}
