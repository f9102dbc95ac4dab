import { defineConfig } from 'vitest/config';

const live = ['tests/integration/**/*.test.ts', 'packages/*/tests/**/*.live.test.ts'];

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
          testTimeout: 20_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: live,
          globalSetup: './tests/support/servers.ts',
          // All files share one Temporal and one Spark: side by side they would only slow each other down.
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
