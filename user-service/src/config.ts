import { integerSetting, serviceSettings } from '@vitrine/service-kit/config';
import { password } from './user';

export const settings = serviceSettings.extend({
  /** Each step doubles the work of a hash; 10 takes about 65 ms. Applies to passwords hashed from now on; until
   * older ones are gone, the time of a login tells those from names that nobody has. */
  BCRYPT_COST: integerSetting(4, 15).default(10),
  API_KEY_TTL_HOURS: integerSetting(1, 8760).default(24),
  /** Of the administrator that the first start makes; later starts leave that account alone. */
  ADMIN_PASSWORD: password.default('admin123'),
});
