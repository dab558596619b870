import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Stack tests of some minutes, of which one that begins last would leave the other workers idle; tests of an empty cluster. */
const first = ['stack/scenario', 'stack/drill', 'stack/telemetry-outages', 'kubernetes/replicas'];

/** Deletes the shop that the other tests on a cluster need. */
const last = ['kubernetes/delete'];

class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isIn = (names: readonly string[], { moduleId }: TestSpecification) =>
      names.some((name) => moduleId.endsWith(`/lab/test/${name}.test.ts`));
    const rank = (file: TestSpecification) => (isIn(first, file) ? 0 : isIn(last, file) ? 2 : 1);
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}

const unit = {
  name: 'unit',
  include: ['*/test/**/*.test.ts'],
  exclude: ['lab/test/{stack,compose,long,scenarios,alerts,kubernetes}/**', '**/node_modules/**'],
  globalSetup: ['test/database-server.ts', 'test/compiled-services.ts'],
  // Vitest leaves one core idle by itself, which is half of two.
  maxWorkers: '100%',
  // Passwords are hashed as slowly as in the shop, and the machine may be busy with something else.
  testTimeout: 60_000,
  expect: { poll: { timeout: 10_000 } },
};

// Tests of the whole shop, native. Each worker starts one, and keeps it from file to file (stack-test.ts). Four of them
// keep two cores busy: much of a test is waiting for telemetry.
const stack = {
  ...{ name: 'stack', include: ['lab/test/stack/**/*.test.ts'] },
  ...{ isolate: false, maxWorkers: 4, sequence: { groupOrder: 1 } },
  ...{ testTimeout: 240_000, hookTimeout: 240_000 },
};

// The long forms of some of them: npm run test:long. One at a time, for they measure.
const long = {
  ...{ name: 'long', include: ['lab/test/long/**/*.test.ts'] },
  ...{ isolate: false, maxWorkers: 1, sequence: { groupOrder: 2 } },
  ...{ testTimeout: 1_200_000, hookTimeout: 240_000 },
};

// The same in containers: npm run test:compose, for it needs an engine, and the images or a registry. One shop for all.
const compose = {
  ...{ name: 'compose', include: ['lab/test/compose/**/*.test.ts'] },
  ...{ isolate: false, maxWorkers: 1, sequence: { groupOrder: 3 } },
  ...{ testTimeout: 300_000, hookTimeout: 900_000 },
};

// Every scenario, and what must make them fail: npm run test:scenarios. Most of it is waiting, so two files at a time.
const scenarios = {
  ...{ name: 'scenarios', include: ['lab/test/scenarios/**/*.test.ts'] },
  ...{ isolate: false, maxWorkers: 2, sequence: { groupOrder: 4 } },
  ...{ testTimeout: 600_000, hookTimeout: 900_000 },
};

// Every alert by a real cause, and ten healthy minutes without any: npm run test:alerts.
const alerts = {
  ...{ name: 'alerts', include: ['lab/test/alerts/**/*.test.ts'] },
  ...{ isolate: false, maxWorkers: 1, sequence: { groupOrder: 5 } },
  ...{ testTimeout: 900_000, hookTimeout: 240_000 },
};

// The same on a cluster: npm run test:kubernetes, for it needs a real one on this machine. One shop for all.
const kubernetes = {
  ...{ name: 'kubernetes', include: ['lab/test/kubernetes/**/*.test.ts'] },
  globalSetup: ['lab/test/kubernetes/rig.ts'],
  ...{ isolate: false, maxWorkers: 1, sequence: { groupOrder: 6 } },
  ...{ testTimeout: 600_000, hookTimeout: 600_000 },
};

// biome-ignore lint/style/noDefaultExport: vitest wants one
export default defineConfig({
  // service-kit comes from its sources: what is tested is what stands in the editor, built or not.
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    // A shop takes some seconds to go down.
    teardownTimeout: 60_000,
    sequence: { sequencer: InOrder },
    projects: [
      { extends: true, test: unit },
      { extends: true, test: stack },
      { extends: true, test: long },
      { extends: true, test: compose },
      { extends: true, test: scenarios },
      { extends: true, test: alerts },
      { extends: true, test: kubernetes },
    ],
  },
});
