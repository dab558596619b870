import type { Queryable } from '@vitrine/service-kit/database';
import type { Passwords } from './passwords';
import { hasUsername, insertUser } from './user-repository';

const USERNAME = 'admin';

/** Creates the administrator if there is none; an existing one stays unchanged. */
export async function seedAdmin(database: Queryable, passwords: Passwords, password: string): Promise<void> {
  if (await hasUsername(database, USERNAME)) return;
  await insertUser(database, {
    username: USERNAME,
    email: 'admin@example.com',
    first_name: 'Admin',
    last_name: 'User',
    is_admin: true,
    password_hash: await passwords.runLimited(({ hash }) => hash(password)),
  });
}
