import type { Attributes, LogDeclaration, MetricDeclaration, SpanDeclaration } from './declaration';

/** Telemetry that every service emits through service-kit. */

export const SLOW_STATEMENT_MS = 200;

/** What a fault does to requests. */
export const FAULT_KINDS = ['latency', 'error', 'db_latency'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

const errorType = { type: 'string', meaning: 'Type of the error, if there was one', optional: true } as const;
const scheme = { type: 'string', values: ['http'], meaning: 'HTTP without TLS' } as const;

const http = {
  'http.request.method': { type: 'string', meaning: 'Known method, or `_OTHER`' },
  'http.response.status_code': { type: 'int', meaning: 'Status of the response', optional: true },
  'network.protocol.version': { type: 'string', meaning: 'Version of HTTP', optional: true },
} as const satisfies Attributes;

const route = {
  'http.route': { type: 'string', meaning: 'Pattern of the route; `/*` when no route matched' },
} as const satisfies Attributes;

const server = {
  'server.address': { type: 'string', meaning: 'Host name or address of the server', optional: true },
  'server.port': { type: 'int', meaning: 'Port of the server', optional: true },
} as const satisfies Attributes;

const incomingRequest = {
  ...{ ...http, ...route, 'url.scheme': scheme },
  'error.type': {
    type: 'string',
    meaning: 'Status of 500 or above; `aborted` when the client disconnected before the response ended',
    optional: true,
  },
} as const satisfies Attributes;

const outgoingRequest = {
  ...{ ...http, ...server, 'url.scheme': { ...scheme, optional: true } },
  'error.type': { type: 'string', meaning: 'Status of 400 or above, or type of the error', optional: true },
} as const satisfies Attributes;

const schema = { 'db.namespace': { type: 'string', meaning: 'Name of the schema' } } as const;
const queryText = {
  'db.query.text': { type: 'string', meaning: 'Statement, with placeholders for its values' },
} as const;
const statement = {
  'db.system.name': { type: 'string', values: ['mysql'], meaning: 'MySQL or MariaDB' },
  ...schema,
  'error.type': errorType,
} as const satisfies Attributes;

const pool = {
  'db.client.connection.pool.name': { type: 'string', meaning: 'Name of the schema' },
} as const satisfies Attributes;

export const spans = {
  serverRequest: {
    name: '{method} {route}',
    kind: 'SERVER',
    by: ['http'],
    meaning:
      'Request to a service. With an unknown method its name begins with HTTP. Probes, static files and requests to /internal have no span',
    attributes: {
      ...{ ...incomingRequest, ...server },
      'http.request.method_original': { type: 'string', meaning: 'Unknown method, as sent', optional: true },
      'url.path': { type: 'string', meaning: 'Path, masked', optional: true },
      'url.query': { type: 'string', meaning: 'Query, masked', optional: true },
      'user_agent.original': { type: 'string', meaning: 'User agent of the client, masked', optional: true },
      'vitrine.fault.kind': {
        type: 'string',
        meaning: `What a fault did to the request, unless it is hidden: ${FAULT_KINDS.join(', ')}, with commas between`,
        optional: true,
      },
    },
    events: {},
  },
  clientRequest: {
    name: '{method}',
    kind: 'CLIENT',
    by: ['undici', 'http'],
    meaning: 'Request to another service, until its response is read; a retry has a span of its own',
    attributes: {
      ...outgoingRequest,
      'peer.service': { type: 'string', meaning: 'Name of the called service', optional: true },
      'url.full': { type: 'string', meaning: 'URL, masked' },
      'network.peer.address': { type: 'string', meaning: 'Address of the connection', optional: true },
      'network.peer.port': { type: 'int', meaning: 'Port of the connection', optional: true },
    },
    events: {},
  },
  statement: {
    name: '{verb}',
    kind: 'CLIENT',
    by: ['mysql2'],
    meaning:
      'Statement to a database, until its last row is read; its name is its first word, such as SELECT, START (TRANSACTION) or COMMIT',
    attributes: {
      ...{ ...statement, ...queryText, ...server },
      'vitrine.db.slow': {
        type: 'boolean',
        meaning: `True when the statement took ${SLOW_STATEMENT_MS} ms or longer`,
        optional: true,
      },
    },
    events: {},
  },
  poolWait: {
    name: 'pool wait',
    meaning:
      'Wait for a connection while all are in use or a new one opens; a short wait has no span unless it fails',
    attributes: { ...pool, 'error.type': errorType },
    events: {},
  },
} as const satisfies Record<string, SpanDeclaration>;

/**
 * Buckets as in the collector's span metrics, and 0.3, the limit of the latency objective. The conventions' fourteen would
 * make more series.
 */
const httpDuration = {
  instrument: 'histogram',
  unit: 's',
  boundaries: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.3, 0.5, 1, 2.5, 5, 10],
} as const;

/** Buckets of https://opentelemetry.io/docs/specs/semconv/database/database-metrics/ */
const databaseDuration = {
  instrument: 'histogram',
  unit: 's',
  boundaries: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10],
} as const;

export const metrics = {
  serverRequestDuration: {
    ...httpDuration,
    name: 'http.server.request.duration',
    by: ['http'],
    meaning: 'Duration of requests to the service, without probes, static files and requests to /internal',
    attributes: incomingRequest,
  },
  clientRequestDuration: {
    ...httpDuration,
    name: 'http.client.request.duration',
    by: ['undici', 'http'],
    optional: true,
    meaning: 'Duration of requests to other services',
    attributes: outgoingRequest,
  },
  statementDuration: {
    ...databaseDuration,
    name: 'db.client.operation.duration',
    meaning: 'Duration of statements, without the wait for a connection',
    attributes: {
      ...statement,
      'db.operation.name': { type: 'string', meaning: 'First word of the statement' },
    },
  },
  connectionCount: {
    name: 'db.client.connection.count',
    instrument: 'observable up-down counter',
    unit: '{connection}',
    meaning: 'Number of open connections to the database',
    attributes: {
      ...pool,
      'db.client.connection.state': { type: 'string', values: ['idle', 'used'], meaning: 'State' },
    },
  },
  connectionMax: {
    name: 'db.client.connection.max',
    instrument: 'observable up-down counter',
    unit: '{connection}',
    meaning: 'Limit of open connections',
    attributes: pool,
  },
  connectionPendingRequests: {
    name: 'db.client.connection.pending_requests',
    instrument: 'observable up-down counter',
    unit: '{request}',
    meaning: 'Number of callers that wait for a connection',
    attributes: pool,
  },
  connectionTimeouts: {
    name: 'db.client.connection.timeouts',
    instrument: 'counter',
    unit: '{timeout}',
    meaning: 'Number of waits that timed out before a connection was free',
    attributes: pool,
  },
  connectionWaitTime: {
    ...databaseDuration,
    name: 'db.client.connection.wait_time',
    meaning: 'Time spent waiting for a connection; an error.type marks a failed wait',
    attributes: { ...pool, 'error.type': errorType },
  },
  connectionUseTime: {
    ...databaseDuration,
    name: 'db.client.connection.use_time',
    meaning: 'Time between getting a connection and releasing it',
    attributes: pool,
  },
  spansStarted: {
    name: 'otel.sdk.span.started',
    instrument: 'observable counter',
    unit: '{span}',
    meaning: 'Number of spans started, without those that the sampler leaves out',
    attributes: {},
  },
  logRecordsCreated: {
    name: 'otel.sdk.log.created',
    instrument: 'observable counter',
    unit: '{log_record}',
    meaning: 'Number of log records created',
    attributes: {},
  },
  cpuTime: {
    name: 'process.cpu.time',
    instrument: 'observable counter',
    unit: 's',
    meaning: 'CPU time of the process, all threads together',
    attributes: {
      'cpu.mode': { type: 'string', values: ['user', 'system'], meaning: 'Own code, or kernel code' },
    },
  },
  stopping: {
    name: 'vitrine.service.stopping',
    instrument: 'observable up-down counter',
    unit: '{process}',
    meaning: '1 once the process has been asked to end, by SIGTERM or SIGINT, and 0 before',
    attributes: {},
  },
  faultActive: {
    name: 'vitrine.fault.active',
    instrument: 'observable up-down counter',
    unit: '{fault}',
    meaning:
      '1 while a fault of this kind is active that an operator causes and does not hide, and 0 otherwise',
    attributes: {
      'vitrine.fault.kind': { type: 'string', values: FAULT_KINDS, meaning: 'What it does to requests' },
    },
  },
  memoryUsage: {
    name: 'process.memory.usage',
    instrument: 'observable up-down counter',
    unit: 'By',
    meaning: 'Physical memory of the process (resident set)',
    attributes: {},
  },
} as const satisfies Record<string, MetricDeclaration>;

const error = { err: { type: 'error', meaning: 'The error' } } as const satisfies Attributes;

const request = {
  'http.request.method': { type: 'string', meaning: 'Method as sent' },
  ...route,
  'url.path': { type: 'string', meaning: 'Path without the query, masked, at most 300 characters' },
  duration_ms: { type: 'double', unit: 'ms', meaning: 'Time from the request to the end of the response' },
} as const satisfies Attributes;

const fault = {
  'vitrine.fault.latency_ms': { type: 'int', unit: 'ms', meaning: 'Wait of each affected request' },
  'vitrine.fault.latency_jitter_ms': { type: 'int', unit: 'ms', meaning: 'Most that is added to the wait' },
  'vitrine.fault.error_rate': { type: 'double', meaning: 'Share of the affected requests that fail, 0 to 1' },
  'vitrine.fault.error_status': { type: 'int', meaning: 'Status of the failures' },
  'vitrine.fault.db_latency_ms': { type: 'int', unit: 'ms', meaning: 'Time added to each statement' },
  'vitrine.fault.routes': { type: 'string', meaning: 'Patterns of the affected routes, or `all`' },
  'vitrine.fault.duration_s': {
    type: 'int',
    unit: 's',
    meaning: 'Time after which the fault ends by itself',
  },
  'vitrine.fault.hidden': { type: 'boolean', meaning: 'Nothing else tells of the fault' },
} as const satisfies Attributes;

export const logs = {
  request: {
    message: 'request',
    level: 'info',
    meaning: 'The service answered a request, but no probe and none to /internal',
    fields: {
      ...request,
      'http.response.status_code': { type: 'int', meaning: 'Status of the response' },
    },
  },
  requestAborted: {
    message: 'request aborted by the client',
    level: 'info',
    meaning: 'The client disconnected before the response ended',
    fields: request,
  },
  bug: {
    message: 'Something went wrong on our side',
    level: 'error',
    meaning: 'A bug, or a fault that looks like one, made the service answer with 500',
    fields: error,
  },
  partUnavailable: {
    message: '{part} is not available',
    level: 'warn',
    meaning:
      'A service or schema did not answer in time, or a fault makes it look so; the request was answered with 503, or with the status of the fault',
    fields: error,
  },
  slowStatement: {
    message: 'slow statement',
    level: 'warn',
    meaning: `A statement took ${SLOW_STATEMENT_MS} ms or longer`,
    fields: {
      ...{ ...schema, ...queryText },
      duration_ms: { type: 'double', unit: 'ms', meaning: 'Duration of the statement' },
    },
  },
  sweepFailed: {
    message: 'could not delete what has expired',
    level: 'warn',
    meaning: 'Rows that are of no use stay in the database; the service tries again within a minute',
    fields: error,
  },
  faultStarted: {
    message: 'fault started',
    level: 'warn',
    meaning: 'An operator began to cause a fault, and does not hide it',
    fields: fault,
  },
  faultEnded: {
    message: 'fault ended',
    level: 'warn',
    meaning: 'A fault is over that an operator caused, hidden or not',
    fields: {
      ...fault,
      'vitrine.fault.end_reason': {
        type: 'string',
        values: ['expired', 'deleted', 'replaced'],
        meaning: 'Its time was over, or the operator ended it or set another',
      },
    },
  },
  waitingForDatabase: {
    message: 'waiting for the database',
    level: 'warn',
    meaning: 'The service is starting and its database does not answer yet',
    fields: {
      ...schema,
      'error.message': { type: 'string', meaning: 'Reply of the database, or error of the connection' },
    },
  },
  migrationApplied: {
    message: 'migration applied',
    level: 'info',
    meaning: 'A migration changed the schema',
    fields: { 'file.path': { type: 'string', meaning: 'File of the migration' } },
  },
  listening: {
    message: 'listening',
    level: 'info',
    meaning: 'The service accepts requests',
    fields: {
      'server.address': { type: 'string', meaning: 'Address the service listens on' },
      'server.port': { type: 'int', meaning: 'Port the service listens on' },
    },
  },
  cannotStart: {
    message: 'cannot start',
    level: 'fatal',
    meaning:
      'A migration failed, the database refused the account, the port is taken, or there is a bug; the process exits. The reason goes to stderr as text, not to standard output',
    fields: error,
  },
  startAbandoned: {
    message: 'start abandoned',
    level: 'warn',
    meaning:
      'The process received a signal to stop before it accepted requests; it exits at once, also from a migration, which the database may then carry on or roll back',
    fields: { signal: { type: 'string', meaning: 'SIGTERM or SIGINT' } },
  },
  crashed: {
    message: 'crashed',
    level: 'fatal',
    meaning:
      'A bug threw an error that no code caught; the process exits. The reason goes to stderr as text, not to standard output',
    fields: error,
  },
  stopping: {
    message: 'stopping',
    level: 'info',
    meaning: 'The process received a signal to stop and finishes the requests in flight',
    fields: { signal: { type: 'string', meaning: 'SIGTERM or SIGINT' } },
  },
  notClosed: {
    message: 'could not close cleanly',
    level: 'error',
    meaning: 'A connection of the pool failed to close',
    fields: error,
  },
  stopped: {
    message: 'stopped',
    level: 'info',
    meaning: 'The service has finished its requests and closed its connections',
    fields: {},
  },
} as const satisfies Record<string, LogDeclaration>;
