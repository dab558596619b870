import { serviceSettings, urlSetting } from '@vitrine/service-kit/config';
import { z } from 'zod';

/** CONSOLE_URL, JAEGER_URL and GRAFANA_URL are addresses for the browser; Jaeger is preferred to the console. */
export const settings = serviceSettings.extend({
  SESSION_SECRET: z.string().min(32, 'must have at least 32 characters'),
  USER_SERVICE_URL: urlSetting,
  PRODUCT_SERVICE_URL: urlSetting,
  ORDER_SERVICE_URL: urlSetting,
  CONSOLE_URL: urlSetting.optional(),
  JAEGER_URL: urlSetting.optional(),
  GRAFANA_URL: urlSetting.optional(),
});
