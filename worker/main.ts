import { parseArgs } from 'node:util';
import { ConfigError, loadConfig } from '../config/loader.js';
import { ConnectionError } from './connection/connect.js';
import { runWorker } from './run-worker.js';

/**
 * The worker process: `node dist/worker/main.js [--config FILE] [--set name=value]… [--dag FILE]…`, with TEMPORAL_ADDRESS
 * and, for tasks that use Spark, SPARK_REMOTE (or their settings) saying where the servers are.
 */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      config: { type: 'string' },
      set: { type: 'string', multiple: true },
      dag: { type: 'string', multiple: true },
    },
  });
  const config = loadConfig({ env: process.env, file: values.config, overrides: values.set ?? [] });
  await runWorker(config, values.dag);
}

main().catch((error: unknown) => {
  const isKnown = error instanceof ConfigError || error instanceof ConnectionError;
  process.stderr.write(`${isKnown ? error.message : error instanceof Error ? error.stack : error}\n`);
  process.exit(error instanceof ConfigError ? 2 : error instanceof ConnectionError ? 3 : 1);
});
