import { serviceSettings, urlSetting } from '@vitrine/service-kit/config';

export const settings = serviceSettings.extend({ USER_SERVICE_URL: urlSetting });
