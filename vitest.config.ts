import { availableParallelism } from 'node:os';
import process from 'node:process';
import { defineConfig } from 'vitest/config';

const live = ['tests/integration/**/*.test.ts', 'packages/*/tests/**/*.live.test.ts'];

/** Test files that run side by side have a Temporal server of their own each, unless there is only the one that is named. */
const liveWorkers = process.env.TEMPORAL_ADDRESS || process.env.SPARK_REMOTE ? 1 : 2;

export default defineConfig({
  test: {
    // What Nightjar loads at run time is run by Node itself, as in production, so that its stacks are the same.
    server: { deps: { external: [/\/nightjar-dag-[^/]+\//] } },
    // The last line is `N passed, N failed`, counted by the runner itself.
    reporters: ['default', './tests/support/tally-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['tests/unit/**/*.test.ts', 'packages/*/tests/**/*.test.ts'],
          exclude: live,
          maxWorkers: availableParallelism(),
          testTimeout: 90_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: live,
          globalSetup: './tests/support/servers.ts',
          setupFiles: './tests/support/use-servers.ts',
          maxWorkers: liveWorkers,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          expect: { poll: { timeout: 60_000 } },
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
