import { backendUrls } from '../query/backend-urls.ts';
import { serviceUrl } from '../service-url.ts';
import type { Settings } from '../settings.ts';
import { serveConsole } from './serve.ts';

/** `./vitrine console`: runs the console in the foreground, for a stack that does not include it. */
export function consoleCommand(settings: Settings, signal: AbortSignal): Promise<void> {
  const { ports, values } = settings;
  const urls = backendUrls(settings);
  const config = {
    ...{ HOST: values.BIND_ADDRESS, PORT: ports.console },
    ...{ JAEGER_URL: urls.jaeger, PROMETHEUS_URL: urls.prometheus, LOKI_URL: urls.loki },
    SHOP_URL: serviceUrl(settings, 'frontend'),
  };
  return serveConsole(config, signal);
}
