/**
 * What the instrumentation of Node's runtime and the SDK emit: for people to look up, and for checks to tell it from what
 * nobody expects.
 */

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
    meaning: `How late the event loop is, ${meaning}; measured every 100 ms, which are in it`,
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

export const metrics: readonly RuntimeMetric[] = [
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
  ...processor('span'),
  ...processor('log'),
];
