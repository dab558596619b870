// Makes the Secret vitrine-secrets, with the keys that .env has without a cluster; or adds those that it lacks.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';

const names = [
  ...['SESSION_SECRET', 'FAULT_TOKEN', 'DB_ROOT_PASSWORD'],
  ...['USER_DB_PASSWORD', 'USER_DB_MIGRATION_PASSWORD'],
  ...['PRODUCT_DB_PASSWORD', 'PRODUCT_DB_MIGRATION_PASSWORD'],
  ...['ORDER_DB_PASSWORD', 'ORDER_DB_MIGRATION_PASSWORD'],
  ...['SESSION_DB_PASSWORD', 'SESSION_DB_MIGRATION_PASSWORD'],
];

const read = (file) => readFileSync(`/var/run/secrets/kubernetes.io/serviceaccount/${file}`, 'utf8');
const secrets = `https://kubernetes.default.svc/api/v1/namespaces/${read('namespace')}/secrets`;

async function call(method, url, body, type = 'application/json') {
  const headers = { Authorization: `Bearer ${read('token')}`, 'Content-Type': type };
  const response = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  const answer = await response.json();
  // 404 says that there is no Secret yet.
  if (response.ok || (method === 'GET' && response.status === 404)) return answer;
  throw new Error(`${method} ${url}: ${answer.message}`);
}

const { data = {}, metadata } = await call('GET', `${secrets}/vitrine-secrets`);
const missing = names.filter((name) => data[name] === undefined);
const stringData = Object.fromEntries(missing.map((name) => [name, randomBytes(32).toString('base64url')]));
if (metadata.uid !== undefined) {
  // Refused when another has changed it since: two that run at once must not each give a password of its own.
  const change = { metadata: { resourceVersion: metadata.resourceVersion }, stringData };
  await call('PATCH', `${secrets}/vitrine-secrets`, change, 'application/merge-patch+json');
} else {
  const labels = { 'app.kubernetes.io/part-of': 'vitrine' };
  await call('POST', secrets, { metadata: { name: 'vitrine-secrets', labels }, stringData });
}
process.stdout.write(`New in the Secret vitrine-secrets: ${missing.join(', ') || 'nothing'}\n`);
