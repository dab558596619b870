import { expect, test } from 'vitest';
import { freshDatabase } from '../../test/database';
import { ADMIN_PASSWORD, apiKeyOf, logIn, migrateAndSeed, startService } from './user-service';

test('When two replicas start at once on an empty database, then there is one administrator', async ({
  onTestFinished,
}) => {
  const settings = await freshDatabase('user_seed');
  await Promise.all([migrateAndSeed(settings), migrateAndSeed(settings)]);
  const { api, close } = await startService(settings);
  onTestFinished(close);
  const apiKey = await apiKeyOf(api, { username: 'admin', password: ADMIN_PASSWORD });
  const { body } = await api.get('/api/users').auth(apiKey, { type: 'bearer' });
  expect(body).toStrictEqual([
    {
      ...{ id: 1, username: 'admin', email: 'admin@example.com', first_name: 'Admin', last_name: 'User' },
      ...{ is_active: true, is_admin: true },
    },
  ]);
});

test('When a service starts again with another ADMIN_PASSWORD, then the account stays as it is', async ({
  onTestFinished,
}) => {
  const settings = await freshDatabase('user_seed');
  await migrateAndSeed(settings, 'the first password');
  await migrateAndSeed(settings, 'the second password');
  const { api, close } = await startService(settings);
  onTestFinished(close);
  await logIn(api, 'admin', 'the first password').expect(200);
  await logIn(api, 'admin', 'the second password').expect(401);
});
