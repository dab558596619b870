import type { Queryable } from '@vitrine/service-kit/database';
import type { Passwords } from './passwords';
import { hasUsername, insertUser } from './user-repository';

const USERNAME = 'admin';

/** Makes the administrator where there is none yet; an existing one is left as it is. */
export async function seedAdmin(database: Queryable, passwords: Passwords, password: string): Promise<void> {
  if (await hasUsername(database, USERNAME)) return;
  await insertUser(database, {
    username: USERNAME,
    email: 'admin@example.com',
    first_name: 'Admin',
    last_name: 'User',
    is_admin: true,
    password_hash: await passwords.inTurn(({ hash }) => hash(password)),
  });
}
