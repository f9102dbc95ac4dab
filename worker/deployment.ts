import type { WorkerOptions } from '@temporalio/worker';
import type { Config } from '../config/loader.js';

const behaviors = { pinned: 'PINNED', 'auto-upgrade': 'AUTO_UPGRADE' } as const;

/** Makes the worker one of a release, so that Temporal sends it the runs that belong there; nothing without `temporal.deployment`. */
export function deploymentOptions({
  temporal: { deployment },
}: Config): Pick<WorkerOptions, 'workerDeploymentOptions'> {
  if (deployment === undefined) return {};
  const { name, buildId, behavior } = deployment;
  return {
    workerDeploymentOptions: {
      version: { deploymentName: name, buildId },
      useWorkerVersioning: true,
      defaultVersioningBehavior: behaviors[behavior],
    },
  };
}
