import { createServer } from 'node:http';
import mysql from 'mysql2/promise';

/*
 * This handler is the yardstick for product-service: it answers the product list with node:http, mysql2 and the same
 * query, and does nothing else. Its first argument holds the connection, as JSON.
 */
const pool = mysql.createPool({ ...JSON.parse(process.argv[2] ?? '{}'), connectionLimit: 10 });

const server = createServer(async (_request, response) => {
  const [results] = await pool.execute('SELECT id, name, slug, price, image FROM products ORDER BY id');
  const body = JSON.stringify({ results });
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
});

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object') process.send?.(address?.port);
});
process.on('disconnect', () => process.exit());
