/** What tasks of all our DAGs have in common. */
export const defaults = { retries: 2, retryDelay: '10s', executionTimeout: '5m' };
