/**
 * Entry point of the workflow bundle for workers that are releases. Pools and triggers of datasets serve runs of all releases
 * and may live for ever, and what a backfill starts next week belongs to next week's release: they always go on with the
 * current release's code. Everything else goes by what the worker is set to. Temporal
 * takes such wishes from workers with a version only, so that others have a bundle without.
 */
import { setWorkflowOptions, workflowInfo } from '@temporalio/workflow';
import { backfillWorkflow } from '../dag/backfill/messages.js';
import { datasetTriggerWorkflow } from '../dag/dataset-event.js';
import { poolWorkflow } from '../dag/pool/messages.js';
import start from './index.js';

const servesAllReleases = [poolWorkflow, datasetTriggerWorkflow, backfillWorkflow];

setWorkflowOptions(
  () =>
    servesAllReleases.includes(workflowInfo().workflowType) ? { versioningBehavior: 'AUTO_UPGRADE' } : {},
  start,
);

export default start;
