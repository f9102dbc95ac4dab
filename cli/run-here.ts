import type { Client } from '@temporalio/client';
import type { GoodDagFile } from '../activities/run/dag-files.js';
import type { Config } from '../config/loader.js';
import { exitCodes } from './exit.js';
import { painter } from './format.js';
import { note } from './output.js';
import { printOutcome } from './run-summary.js';
import { type Cluster, startCluster } from './servers.js';
import type { SettingsOptions } from './settings.js';
import { type Snapshot, watchRun } from './watch-run.js';

/** What shows a run while it goes on. */
export type RunDisplay = { update(snapshot: Snapshot): void; done(): void | Promise<void> };

export type RunHere = {
  config: Config;
  options: SettingsOptions;
  file: GoodDagFile;
  /** Starts the run. @returns its Workflow ID */
  start(client: Client): Promise<string>;
  display(workflowId: string): RunDisplay;
};

/**
 * One run with servers and a worker of its own, or on the servers that the settings name, to its end; Ctrl-C cancels it.
 * @returns the exit code that says how it ended
 */
export async function runHere({ config, options, file, start, display }: RunHere): Promise<number> {
  const { bold, dim } = painter(process.stderr.isTTY === true);
  note(dim('starting Temporal, Spark Connect and a worker …'));
  const cluster = await startCluster({ config, settings: options, dagFiles: [file.file], tell: note });
  try {
    const { dagId } = file.dag;
    const workflowId = await start(cluster.client);
    const address = runAddress(cluster, config, workflowId);
    note(`${bold(workflowId)}${address === undefined ? '' : `\n${dim(address)}`}`);
    const interrupted = cancelOnInterrupt(cluster.client, workflowId);
    const shown = display(workflowId);
    const end = await watchRun(cluster.client, workflowId, (snapshot) => shown.update(snapshot));
    await shown.done();
    await printOutcome(end, { workflowId, dagId, config, workerLog: cluster.workerLog });
    if (interrupted()) return exitCodes.interrupted;
    return end.ok ? exitCodes.ok : exitCodes.failed;
  } finally {
    await cluster.stop();
  }
}

/** Cancels the run at the first Ctrl-C, so that Spark's work ends too; leaves at once at the second. */
function cancelOnInterrupt(client: Client, workflowId: string): () => boolean {
  let interrupted = false;
  const onSignal = (): void => {
    if (interrupted) process.exit(exitCodes.interrupted);
    interrupted = true;
    note('cancelling the run …; Ctrl-C again leaves at once');
    client.workflow
      .getHandle(workflowId)
      .cancel()
      .catch((error: unknown) =>
        note(`the run could not be cancelled: ${error instanceof Error ? error.message : error}`),
      );
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return () => interrupted;
}

const runAddress = ({ temporalUi }: Cluster, { temporal }: Config, workflowId: string): string | undefined =>
  temporalUi && `${temporalUi}/namespaces/${temporal.namespace}/workflows/${encodeURIComponent(workflowId)}`;
