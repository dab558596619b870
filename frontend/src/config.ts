import { serviceSettings, urlSetting } from '@vitrine/service-kit/config';
import { z } from 'zod';

/**
 * CONSOLE_URL, JAEGER_URL, GRAFANA_URL and COLLECTOR_URL are addresses for the browser; Jaeger is preferred to the
 * console. With RUM=on (real user monitoring) browsers send spans to the collector, by OTLP/HTTP.
 */
export const settings = serviceSettings.extend({
  SESSION_SECRET: z.string().min(32, 'must have at least 32 characters'),
  USER_SERVICE_URL: urlSetting,
  PRODUCT_SERVICE_URL: urlSetting,
  ORDER_SERVICE_URL: urlSetting,
  CONSOLE_URL: urlSetting.optional(),
  JAEGER_URL: urlSetting.optional(),
  GRAFANA_URL: urlSetting.optional(),
  RUM: z.enum(['on', 'off'], 'must be on or off').default('off'),
  COLLECTOR_URL: urlSetting.default('http://127.0.0.1:4318'),
});
