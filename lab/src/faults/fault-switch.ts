import { reachableHost } from '../addresses.ts';
import { LabError } from '../lab-error.ts';
import type { Settings } from '../settings.ts';
import { type ServiceName, type SwitchSettings, serviceNames } from './fault.ts';

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
  const { ports, values } = settings;
  const url = `http://${reachableHost(values.BIND_ADDRESS)}:${ports[service]}/internal/faults`;
  const authorization = `Bearer ${values.FAULT_TOKEN}`;
  let response: { ok: boolean; status: number };
  let text: string;
  try {
    const answer = await fetch(url, {
      method,
      headers: { authorization, ...(fault && { 'content-type': 'application/json' }) },
      body: fault ? JSON.stringify(fault) : null,
      signal: AbortSignal.timeout(answerLimitMs),
    });
    [response, text] = [answer, await answer.text()];
  } catch {
    throw new LabError(`${service} at ${url} does not answer: see ./vitrine status`);
  }
  if (response.ok) return;
  if ([401, 404].includes(response.status)) {
    throw new LabError(
      `${service} has another FAULT_TOKEN than ${settings.envFile} or none: ./vitrine restart ${service} gives it the present one.`,
    );
  }
  throw new LabError(`${service} refuses the fault with ${response.status}: ${text.slice(0, 300)}`);
}
