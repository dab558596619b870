import { defineConfig } from 'vitest/config';

const unit = {
  name: 'unit',
  include: ['*/test/**/*.test.ts'],
  exclude: ['lab/test/{stack,compose}/**', '**/node_modules/**'],
  globalSetup: 'test/database-server.ts',
  // Passwords are hashed as slowly as in the shop, and the machine may be compiling.
  testTimeout: 20_000,
};

// Each file starts the whole shop, with a home and ports of its own; one at a time, for there are two cores.
const stack = {
  name: 'stack',
  include: ['lab/test/stack/**/*.test.ts'],
  fileParallelism: false,
  testTimeout: 120_000,
  hookTimeout: 180_000,
};

// The same in containers: npm run test:compose, for it needs an engine, and the images or a registry.
const compose = {
  ...{ name: 'compose', include: ['lab/test/compose/**/*.test.ts'] },
  ...{ fileParallelism: false, testTimeout: 120_000, hookTimeout: 900_000 },
};

// biome-ignore lint/style/noDefaultExport: vitest wants one
export default defineConfig({
  // service-kit comes from its sources: what is tested is what stands in the editor, built or not.
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    projects: [
      { extends: true, test: unit },
      { extends: true, test: stack },
      { extends: true, test: compose },
    ],
  },
});
