import { resolve } from 'node:path';
import type { Client } from '@temporalio/client';
import type { DagFile } from '../../activities/run/dag-files.js';
import type { Config } from '../../config/loader.js';
import { applyStep } from './apply.js';
import { planDeploy, type Step } from './plan.js';

export type DeploySwitches = {
  /** Only says what would be done. */
  isDry?: boolean;
  /** Deletes schedules whose DAGs are gone, instead of pausing them. */
  prune?: boolean;
};

/** Makes the server's schedules those of the DAGs. @returns what was done */
export async function deploySchedules(
  client: Client,
  files: readonly DagFile[],
  { dags, temporal }: Config,
  { isDry = false, prune = false }: DeploySwitches = {},
): Promise<Step[]> {
  const steps = await planDeploy({
    client,
    files,
    folders: dags.folders.map((folder) => resolve(folder)),
    taskQueue: temporal.taskQueue,
    prune,
    now: new Date(),
  });
  if (!isDry) for (const step of steps) await applyStep(client, step);
  return steps;
}
