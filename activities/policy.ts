import { AsyncLocalStorage } from 'node:async_hooks';
import type { Config } from '../config/loader.js';

/** What the settings allow tasks and callbacks: which variables they and their programs know, and where requests may go. */
export type Policy = Pick<Config, 'environment' | 'http'> & {
  /** Origins that the DAG's document itself writes: requests may go there though they are inner ones. */
  origins?: readonly string[] | undefined;
};

const current = new AsyncLocalStorage<Policy>();

/** What holds outside of a worker, as in tests of operators: the settings' defaults. */
const usual: Policy = {
  environment: { programs: [], spark: [], dags: ['*'] },
  http: { allowedHosts: ['*'], privateRanges: [] },
};

/** Runs a task or a callback under a policy. */
export const underPolicy = <T>(policy: Policy, perform: () => T): T => current.run(policy, perform);

/** The policy of the task or callback that asks. */
export const policyNow = (): Policy => current.getStore() ?? usual;
