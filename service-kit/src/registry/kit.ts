import type { Attributes, LogDeclaration, MetricDeclaration, SpanDeclaration } from './declaration';

/** What every service emits of its own, by service-kit. */

export const SLOW_STATEMENT_MS = 200;

const pool = {
  'db.client.connection.pool.name': { type: 'string', meaning: 'The schema whose connections these are' },
} as const satisfies Attributes;

const errorType = { type: 'string', meaning: 'Kind of error, when there was one', optional: true } as const;

/** Seconds. Those of the collector's span metrics: the conventions' fourteen would make a third more series. */
const HTTP_BOUNDARIES = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

const method = {
  'http.request.method': { type: 'string', meaning: 'One of the usual methods, or `_OTHER`' },
} as const satisfies Attributes;

const status = {
  'http.response.status_code': { type: 'int', meaning: 'Status of the answer', optional: true },
} as const satisfies Attributes;

const answered = {
  ...status,
  'error.type': {
    type: 'string',
    meaning: 'The status, from 500 on; `aborted` when the client left before the end',
    optional: true,
  },
} as const satisfies Attributes;

const received = {
  ...status,
  'error.type': { type: 'string', meaning: 'The status, from 400 on; or how it failed', optional: true },
} as const satisfies Attributes;

const protocol = {
  'url.scheme': { type: 'string', values: ['http'], meaning: 'Without TLS' },
  'network.protocol.version': { type: 'string', meaning: 'Version of HTTP', optional: true },
} as const satisfies Attributes;

const original = {
  'http.request.method_original': { type: 'string', meaning: 'The method as it was sent', optional: true },
} as const satisfies Attributes;

const path = {
  'url.path': { type: 'string', meaning: 'What is asked for, masked', optional: true },
  'url.query': { type: 'string', meaning: 'What stands behind the question mark, masked', optional: true },
  'user_agent.original': { type: 'string', meaning: 'What the caller says it is, masked', optional: true },
} as const satisfies Attributes;

const server = {
  'server.address': { type: 'string', meaning: 'Who was asked', optional: true },
  'server.port': { type: 'int', meaning: 'Its port', optional: true },
} as const satisfies Attributes;

const database = {
  'db.system.name': { type: 'string', values: ['mysql'], meaning: 'MySQL or MariaDB' },
  'db.namespace': { type: 'string', meaning: 'The schema' },
  'db.operation.name': { type: 'string', meaning: 'The verb of the statement' },
} as const satisfies Attributes;

const route = {
  'http.route': { type: 'string', meaning: 'The pattern that fitted the path; `/*` when none did' },
} as const satisfies Attributes;

/** Seconds. https://opentelemetry.io/docs/specs/semconv/database/database-metrics/ */
const DURATION_BOUNDARIES = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

export const spans = {
  serverRequest: {
    name: '{method} {route}',
    kind: 'SERVER',
    by: ['http'],
    meaning:
      'A request to a service; the name of one by an unusual method begins with HTTP. Probes and static files make none',
    attributes: {
      ...{ ...method, ...original, ...route, ...answered, ...protocol, ...path },
      ...server,
    },
    events: {},
  },
  clientRequest: {
    name: '{method}',
    kind: 'CLIENT',
    by: ['undici', 'http'],
    meaning:
      'A request to another service, until its answer has been read; a repeated one is a span of its own',
    attributes: {
      ...{ ...method, ...original, ...received, ...path, ...server },
      'peer.service': { type: 'string', meaning: 'The service that is asked', optional: true },
      'url.full': { type: 'string', meaning: 'What is asked, masked' },
      'url.scheme': { ...protocol['url.scheme'], optional: true },
      'network.protocol.version': protocol['network.protocol.version'],
      'network.peer.address': { type: 'string', meaning: 'The address of who answers', optional: true },
      'network.peer.port': { type: 'int', meaning: 'Its port', optional: true },
    },
    events: {},
  },
  statement: {
    name: '{verb}',
    kind: 'CLIENT',
    by: ['mysql2'],
    meaning:
      'A statement to a database, from sending it to the last row; named by its first word, such as SELECT, START (of a transaction) or COMMIT',
    attributes: {
      ...{
        'db.system.name': database['db.system.name'],
        'db.namespace': database['db.namespace'],
        ...server,
      },
      'db.query.text': { type: 'string', meaning: 'The statement, with placeholders for its values' },
      'vitrine.db.slow': {
        type: 'boolean',
        meaning: `It took ${SLOW_STATEMENT_MS} ms or longer`,
        optional: true,
      },
      'error.type': errorType,
    },
    events: {},
  },
  poolWait: {
    name: 'pool wait',
    meaning:
      'Waited for a connection to the database, because all were in use or a new one was made, or got none',
    attributes: { ...pool, 'error.type': errorType },
    events: {},
  },
} as const satisfies Record<string, SpanDeclaration>;

export const metrics = {
  serverRequestDuration: {
    name: 'http.server.request.duration',
    by: ['http'],
    instrument: 'histogram',
    unit: 's',
    meaning: 'How long requests to the service take',
    boundaries: HTTP_BOUNDARIES,
    attributes: { ...method, ...route, ...answered, ...protocol },
  },
  clientRequestDuration: {
    name: 'http.client.request.duration',
    by: ['undici', 'http'],
    optional: true,
    instrument: 'histogram',
    unit: 's',
    meaning: 'How long requests to other services take',
    boundaries: HTTP_BOUNDARIES,
    attributes: {
      ...{ ...method, ...received, ...server },
      'url.scheme': { ...protocol['url.scheme'], optional: true },
      'network.protocol.version': protocol['network.protocol.version'],
    },
  },
  statementDuration: {
    name: 'db.client.operation.duration',
    instrument: 'histogram',
    unit: 's',
    meaning: 'How long statements take, without the wait for a connection',
    boundaries: DURATION_BOUNDARIES,
    attributes: {
      ...database,
      'error.type': errorType,
    },
  },
  connectionCount: {
    name: 'db.client.connection.count',
    instrument: 'observable up-down counter',
    unit: '{connection}',
    meaning: 'Open connections to the database',
    attributes: {
      ...pool,
      'db.client.connection.state': { type: 'string', values: ['idle', 'used'], meaning: 'What they do' },
    },
  },
  connectionMax: {
    name: 'db.client.connection.max',
    instrument: 'observable up-down counter',
    unit: '{connection}',
    meaning: 'How many there may be',
    attributes: pool,
  },
  connectionPendingRequests: {
    name: 'db.client.connection.pending_requests',
    instrument: 'observable up-down counter',
    unit: '{request}',
    meaning: 'Work that waits for a connection',
    attributes: pool,
  },
  connectionTimeouts: {
    name: 'db.client.connection.timeouts',
    instrument: 'counter',
    unit: '{timeout}',
    meaning: 'Work that was given up before it got a connection',
    attributes: pool,
  },
  connectionWaitTime: {
    name: 'db.client.connection.wait_time',
    instrument: 'histogram',
    unit: 's',
    meaning: 'How long work waited for its connection; with an error.type, in vain',
    boundaries: DURATION_BOUNDARIES,
    attributes: { ...pool, 'error.type': errorType },
  },
  connectionUseTime: {
    name: 'db.client.connection.use_time',
    instrument: 'histogram',
    unit: 's',
    meaning: 'How long work kept its connection',
    boundaries: DURATION_BOUNDARIES,
    attributes: pool,
  },
  spansStarted: {
    name: 'otel.sdk.span.started',
    instrument: 'observable counter',
    unit: '{span}',
    meaning: 'Spans begun',
    attributes: {},
  },
  logRecordsCreated: {
    name: 'otel.sdk.log.created',
    instrument: 'observable counter',
    unit: '{log_record}',
    meaning: 'Log records written',
    attributes: {},
  },
  cpuTime: {
    name: 'process.cpu.time',
    instrument: 'observable counter',
    unit: 's',
    meaning: 'CPU time of the process, all threads together',
    attributes: {
      'cpu.mode': {
        type: 'string',
        values: ['user', 'system'],
        meaning: 'Its own code, or the kernel for it',
      },
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

const err = { type: 'error', meaning: 'What was thrown' } as const;

const request = {
  'http.request.method': { type: 'string', meaning: 'As it was sent' },
  ...route,
  'url.path': { type: 'string', meaning: 'Without the query, masked, at most 300 characters' },
  duration_ms: { type: 'double', unit: 'ms', meaning: 'From the request to the end of the answer' },
} as const satisfies Attributes;

export const logs = {
  request: {
    message: 'request',
    level: 'info',
    meaning: 'A request was answered',
    fields: { ...request, 'http.response.status_code': { type: 'int', meaning: 'Status of the answer' } },
  },
  requestAborted: {
    message: 'request aborted by the client',
    level: 'info',
    meaning: 'The client went away before the answer was complete',
    fields: request,
  },
  bug: {
    message: 'Something went wrong on our side',
    level: 'error',
    meaning: 'A bug: the request was answered with 500',
    fields: { err },
  },
  partUnavailable: {
    message: '{part} is not available',
    level: 'warn',
    meaning: 'A service or schema that the request needs could not be reached in time: answered with 503',
    fields: { err },
  },
  slowStatement: {
    message: 'slow statement',
    level: 'warn',
    meaning: `A statement took ${SLOW_STATEMENT_MS} ms or longer`,
    fields: {
      'db.namespace': { type: 'string', meaning: 'The schema' },
      'db.query.text': { type: 'string', meaning: 'The statement, with placeholders for its values' },
      duration_ms: { type: 'double', unit: 'ms', meaning: 'How long it took' },
    },
  },
  waitingForDatabase: {
    message: 'waiting for the database',
    level: 'warn',
    meaning: 'The service starts, and its database does not answer yet',
    fields: {
      'db.namespace': { type: 'string', meaning: 'The schema' },
      'error.message': { type: 'string', meaning: 'What it said, or how the connection failed' },
    },
  },
  migrationApplied: {
    message: 'migration applied',
    level: 'info',
    meaning: 'The schema was brought up to date',
    fields: { 'file.path': { type: 'string', meaning: 'The migration' } },
  },
  listening: {
    message: 'listening',
    level: 'info',
    meaning: 'The service takes requests',
    fields: {
      'server.address': { type: 'string', meaning: 'Address it listens on' },
      'server.port': { type: 'int', meaning: 'Port it listens on' },
    },
  },
  cannotStart: {
    message: 'cannot start',
    level: 'fatal',
    meaning:
      'A migration failed, the account or the port was refused, or there is a bug; the process ends. Not on standard output: stderr has it as text',
    fields: { err },
  },
  crashed: {
    message: 'crashed',
    level: 'fatal',
    meaning: 'A bug: nothing caught an error; the process ends. Not on standard output either',
    fields: { err },
  },
  stopping: {
    message: 'stopping',
    level: 'info',
    meaning: 'The process was told to end, and finishes what is under way',
    fields: { signal: { type: 'string', meaning: 'SIGTERM or SIGINT' } },
  },
  notClosed: {
    message: 'could not close cleanly',
    level: 'error',
    meaning: 'A connection of the pool did not end well',
    fields: { err },
  },
  stopped: {
    message: 'stopped',
    level: 'info',
    meaning: 'No request is left',
    fields: {},
  },
} as const satisfies Record<string, LogDeclaration>;
