import { integerSetting, serviceSettings } from '@vitrine/service-kit/config';
import { password } from './user';

export const settings = serviceSettings.extend({
  /**
   * Each step doubles the work of a hash; 10 takes about 65 ms. It applies to new passwords only; while hashes of
   * another cost exist, the duration of a login tells their usernames from unknown ones.
   */
  BCRYPT_COST: integerSetting(4, 15).default(10),
  API_KEY_TTL_HOURS: integerSetting(1, 8760).default(24),
  /** The password of the administrator whom the first start creates; later starts don't change it. */
  ADMIN_PASSWORD: password.default('admin123'),
});
