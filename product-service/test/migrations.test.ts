import { createDatabase, type DatabaseSettings } from '@vitrine/service-kit/database';
import { migrate } from '@vitrine/service-kit/migrate';
import { expect, onTestFinished, test } from 'vitest';
import { freshDatabase, migrationAccountOf } from '../../test/database';
import { deleteProduct, listProducts, updateProduct } from '../src/product-repository';
import { logger, migrations } from './product-service';

const start = (settings: DatabaseSettings) =>
  migrate({ settings, account: migrationAccountOf(settings), directory: migrations, logger });

function connect(settings: DatabaseSettings) {
  const database = createDatabase(settings);
  onTestFinished(() => database.close());
  return database;
}

test('When five replicas start at once on an empty schema, then all start and the data is there once', async () => {
  const settings = await freshDatabase('product_dbase');
  await Promise.all(Array.from({ length: 5 }, () => start(settings)));
  const products = await listProducts(connect(settings));
  expect(products.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test('When the service starts again, then deleted and changed products stay as they are', async () => {
  const settings = await freshDatabase('product_dbase');
  await start(settings);
  const database = connect(settings);
  const [first] = await listProducts(database);
  if (!first) throw new Error('There is no product');
  await updateProduct(database, { ...first, price: 1 });
  await deleteProduct(database, 10);
  const before = await listProducts(database);
  await start(settings);
  expect(await listProducts(database)).toEqual(before);
  expect(before).toHaveLength(9);
});
