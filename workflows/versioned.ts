/**
 * Entry point of the workflow bundle for workers that are releases. A pool serves runs of all releases and may live for
 * ever: it always goes on with the current release's code. Everything else goes by what the worker is set to. Temporal
 * takes such wishes from workers with a version only, so that others have a bundle without.
 */
import { setWorkflowOptions, workflowInfo } from '@temporalio/workflow';
import { poolWorkflow } from '../dag/pool/messages.js';
import start from './index.js';

setWorkflowOptions(
  () => (workflowInfo().workflowType === poolWorkflow ? { versioningBehavior: 'AUTO_UPGRADE' } : {}),
  start,
);

export default start;
