/**
 * Entry point of the workflow bundle for workers that are releases. Pools and triggers of datasets serve runs of all releases
 * and may live for ever: they always go on with the current release's code. Everything else goes by what the worker is set to. Temporal
 * takes such wishes from workers with a version only, so that others have a bundle without.
 */
import { setWorkflowOptions, workflowInfo } from '@temporalio/workflow';
import { datasetTriggerWorkflow } from '../dag/dataset-event.js';
import { poolWorkflow } from '../dag/pool/messages.js';
import start from './index.js';

const servesAllReleases = [poolWorkflow, datasetTriggerWorkflow];

setWorkflowOptions(
  () =>
    servesAllReleases.includes(workflowInfo().workflowType) ? { versioningBehavior: 'AUTO_UPGRADE' } : {},
  start,
);

export default start;
