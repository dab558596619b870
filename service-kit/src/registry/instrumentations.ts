/**
 * What the instrumentations and the SDK emit: for people to look up, and for checks to tell it from what nobody expects.
 */

export interface InstrumentationMetric {
  name: string;
  instrument: 'counter' | 'up-down counter' | 'gauge' | 'histogram';
  unit: string;
  meaning: string;
  attributes: readonly string[];
}

const request = [
  'http.request.method',
  'http.response.status_code',
  'error.type',
  'network.protocol.version',
];
const component = ['otel.component.type', 'otel.component.name'];

function eventLoopDelay(name: string, meaning: string): InstrumentationMetric {
  return {
    ...{ name: `nodejs.eventloop.delay.${name}`, instrument: 'gauge', unit: 's', attributes: [] },
    meaning: `How late the event loop is, ${meaning}; measured every 100 ms, which are in it`,
  };
}

function heapSpace(name: string, meaning: string): InstrumentationMetric {
  return {
    ...{ name: `v8js.memory.heap.${name}`, instrument: 'up-down counter', unit: 'By' },
    ...{ meaning, attributes: ['v8js.heap.space.name'] },
  };
}

function processor(signal: 'span' | 'log'): InstrumentationMetric[] {
  const unit = { span: '{span}', log: '{log_record}' }[signal];
  const things = { span: 'spans', log: 'log records' }[signal];
  const name = `otel.sdk.processor.${signal}`;
  return [
    {
      ...{ name: `${name}.processed`, instrument: 'counter', unit, attributes: [...component, 'error.type'] },
      meaning: `How many ${things} are done with. Those with an error.type are lost: queue_full, or the collector was away for too long`,
    },
    {
      ...{ name: `${name}.queue.size`, instrument: 'up-down counter', unit, attributes: component },
      meaning: `How many ${things} wait to be sent`,
    },
    {
      ...{ name: `${name}.queue.capacity`, instrument: 'up-down counter', unit, attributes: component },
      meaning: `How many ${things} can wait`,
    },
  ];
}

export const metrics: readonly InstrumentationMetric[] = [
  {
    name: 'http.server.request.duration',
    instrument: 'histogram',
    unit: 's',
    meaning: 'How long requests to the service take',
    attributes: [...request, 'http.route', 'url.scheme'],
  },
  {
    name: 'http.client.request.duration',
    instrument: 'histogram',
    unit: 's',
    meaning: 'How long its requests to other services take',
    attributes: [...request, 'server.address', 'server.port', 'url.scheme'],
  },
  {
    name: 'nodejs.eventloop.time',
    instrument: 'counter',
    unit: 's',
    meaning: 'Time the event loop was active and idle; stands still when the process is dead or blocked',
    attributes: ['nodejs.eventloop.state'],
  },
  {
    name: 'nodejs.eventloop.utilization',
    instrument: 'gauge',
    unit: '1',
    meaning: 'Share of the time that the event loop is active: near 1, requests wait for each other',
    attributes: [],
  },
  eventLoopDelay('min', 'at least'),
  eventLoopDelay('max', 'at most'),
  eventLoopDelay('mean', 'on average'),
  eventLoopDelay('stddev', 'standard deviation'),
  eventLoopDelay('p50', 'median'),
  eventLoopDelay('p90', '90th percentile'),
  eventLoopDelay('p99', '99th percentile'),
  {
    name: 'v8js.gc.duration',
    instrument: 'histogram',
    unit: 's',
    meaning: 'Pauses for garbage collection',
    attributes: ['v8js.gc.type'],
  },
  heapSpace('used', 'Memory in use, by space of the heap'),
  heapSpace('space.size', 'Memory reserved'),
  heapSpace('space.available_size', 'Memory reserved and free'),
  heapSpace('space.physical_size', 'Memory committed'),
  {
    name: 'v8js.resource.active',
    instrument: 'up-down counter',
    unit: '{resource}',
    meaning: 'Sockets, timers and the like that keep the process alive',
    attributes: ['v8js.resource.type'],
  },
  {
    name: 'otel.sdk.span.started',
    instrument: 'counter',
    unit: '{span}',
    meaning: 'Spans begun',
    attributes: ['otel.span.parent.origin', 'otel.span.sampling_result'],
  },
  {
    name: 'otel.sdk.span.live',
    instrument: 'up-down counter',
    unit: '{span}',
    meaning: 'Spans that have not ended',
    attributes: ['otel.span.sampling_result'],
  },
  {
    name: 'otel.sdk.log.created',
    instrument: 'counter',
    unit: '{log_record}',
    meaning: 'Log records written',
    attributes: [],
  },
  ...processor('span'),
  ...processor('log'),
  {
    name: 'otel.sdk.metric_reader.collection.duration',
    instrument: 'histogram',
    unit: 's',
    meaning: 'How long collecting the metrics takes',
    attributes: [...component, 'error.type'],
  },
];

export interface InstrumentationSpan {
  kind: 'SERVER' | 'CLIENT';
  name: string;
  meaning: string;
  attributes: readonly string[];
}

const network = ['server.address', 'server.port', 'network.protocol.version'];

export const spans: readonly InstrumentationSpan[] = [
  {
    kind: 'SERVER',
    name: 'METHOD route (an unusual method: `HTTP route`)',
    meaning: 'A request to a service; probes and static files make none',
    attributes: [
      ...['http.request.method', 'http.request.method_original', 'http.route', 'http.response.status_code'],
      ...['url.path', 'url.query', 'url.scheme', 'user_agent.original', 'error.type', ...network],
    ],
  },
  {
    kind: 'CLIENT',
    name: 'METHOD',
    meaning: 'A request to another service',
    attributes: [
      ...['peer.service', 'http.request.method', 'http.request.method_original', 'http.response.status_code'],
      ...['url.full', 'url.path', 'url.query', 'url.scheme', 'error.type', ...network],
      ...['network.peer.address', 'network.peer.port'],
    ],
  },
  {
    kind: 'CLIENT',
    name: 'The first word of the statement, such as SELECT, START (of a transaction) or COMMIT',
    meaning: 'A statement to a database, from sending it to the last row',
    attributes: [
      ...['db.system.name', 'db.namespace', 'db.query.text', 'server.address', 'server.port'],
      'vitrine.db.slow',
    ],
  },
];
