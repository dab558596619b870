/** Metrics of the runtime instrumentation and the SDK: docs/telemetry.md lists them, and checks accept them. */

export interface RuntimeMetric {
  name: string;
  instrument: 'counter' | 'up-down counter' | 'gauge' | 'histogram';
  unit: string;
  meaning: string;
  attributes: readonly string[];
}

const component = ['otel.component.type', 'otel.component.name'];

function eventLoopDelay(name: string, meaning: string): RuntimeMetric {
  return {
    ...{ name: `nodejs.eventloop.delay.${name}`, instrument: 'gauge', unit: 's', attributes: [] },
    meaning: `Delay of the event loop, ${meaning}; sampled every 100 ms, which the value includes`,
  };
}

function heapSpace(name: string, meaning: string): RuntimeMetric {
  return {
    ...{ name: `v8js.memory.heap.${name}`, instrument: 'up-down counter', unit: 'By' },
    ...{ meaning, attributes: ['v8js.heap.space.name'] },
  };
}

function processor(signal: 'span' | 'log'): RuntimeMetric[] {
  const unit = { span: '{span}', log: '{log_record}' }[signal];
  const things = { span: 'spans', log: 'log records' }[signal];
  const name = `otel.sdk.processor.${signal}`;
  return [
    {
      ...{ name: `${name}.processed`, instrument: 'counter', unit, attributes: [...component, 'error.type'] },
      meaning: `Number of ${things} processed. An error.type marks lost ones: queue_full, or an outage of the collector`,
    },
    {
      ...{ name: `${name}.queue.size`, instrument: 'up-down counter', unit, attributes: component },
      meaning: `Number of ${things} in the queue`,
    },
    {
      ...{ name: `${name}.queue.capacity`, instrument: 'up-down counter', unit, attributes: component },
      meaning: `Limit of ${things} in the queue`,
    },
  ];
}

export const metrics: readonly RuntimeMetric[] = [
  {
    name: 'nodejs.eventloop.time',
    instrument: 'counter',
    unit: 's',
    meaning: 'Time the event loop was active and idle; it stops growing when the process is dead or blocked',
    attributes: ['nodejs.eventloop.state'],
  },
  {
    name: 'nodejs.eventloop.utilization',
    instrument: 'gauge',
    unit: '1',
    meaning: 'Share of time the event loop is active; near 1, requests wait for each other',
    attributes: [],
  },
  eventLoopDelay('min', 'minimum'),
  eventLoopDelay('max', 'maximum'),
  eventLoopDelay('mean', 'mean'),
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
  heapSpace('used', 'Memory in use, by heap space'),
  heapSpace('space.size', 'Memory reserved'),
  heapSpace('space.available_size', 'Memory reserved and unused'),
  heapSpace('space.physical_size', 'Memory committed'),
  {
    name: 'v8js.resource.active',
    instrument: 'up-down counter',
    unit: '{resource}',
    meaning: 'Sockets, timers and other resources that keep the process alive',
    attributes: ['v8js.resource.type'],
  },
  ...processor('span'),
  ...processor('log'),
];
