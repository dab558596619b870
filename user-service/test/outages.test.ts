import { describe, expect } from 'vitest';
import { timeLimits } from '../../test/time-limits';
import { apiKeyOf, aUser, logIn, register, test } from './user-service';

test.override('limits', timeLimits.service);

describe('the database', () => {
  test('When it hangs or is gone, then every route answers 503 that names it, and works again once it is back', async ({
    service,
  }) => {
    const user = await register(service.api);
    const apiKey = await apiKeyOf(service.api, user);
    const asks = [
      () => service.api.post('/api/user/create').send(aUser()),
      () => logIn(service.api, user.username, user.password),
      () => service.api.post('/api/user/logout').auth(apiKey, { type: 'bearer' }),
      () => service.api.get('/api/user').auth(apiKey, { type: 'bearer' }),
      () => service.api.get('/api/user/admin/exists'),
      () => service.api.get('/api/users').auth(apiKey, { type: 'bearer' }),
      () => service.api.get('/readyz'),
    ];
    for (const state of ['hanging', 'gone'] as const) {
      service.proxy.pretend(state);
      const startedAt = performance.now();
      const replies = await Promise.all(asks.map((ask) => ask()));
      service.proxy.pretend('there');
      // The service waits a second for its database; waiting twice would take two.
      expect(performance.now() - startedAt).toBeLessThan(1900);
      for (const reply of replies) {
        expect(reply.status).toBe(503);
        expect(JSON.stringify(reply.body)).toMatch(
          /user_dbase.* is not available|"user_dbase":"unavailable"/,
        );
      }
      await expect.poll(async () => (await service.api.get('/readyz')).status, { timeout: 10_000 }).toBe(200);
      await service.api.get('/api/user').auth(apiKey, { type: 'bearer' }).expect(200);
    }
  });

  test('When it hangs, then the process still reports itself healthy', async ({ service }) => {
    service.proxy.pretend('hanging');
    await service.api.get('/healthz').expect(200, { status: 'ok' });
    service.proxy.pretend('there');
  });
});
