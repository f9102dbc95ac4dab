import process from 'node:process';
import { inject } from 'vitest';

const all = inject('servers');

/** The servers of this test file, by the number of the process that runs it: it has the Temporal server to itself. */
// biome-ignore lint/style/noNonNullAssertion: there are some for each process
export const testServers = all[(Number(process.env.VITEST_POOL_ID) - 1) % all.length]!;
