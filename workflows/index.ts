/**
 * Entry point of the workflow bundle. The default export handles every workflow type that has no export of its own, so
 * that a DAG run's workflow type is the DAG's id.
 */
import { workflowInfo } from '@temporalio/workflow';
import { mappedBatchWorkflow } from '../contract/workflows.js';
import { backfillWorkflow } from '../dag/backfill/messages.js';
import { datasetTriggerWorkflow } from '../dag/dataset-event.js';
import { poolWorkflow } from '../dag/pool/messages.js';
import { backfill } from './backfill.js';
import { dagRun } from './dag-run.js';
import { datasetTrigger } from './dataset-trigger.js';
import { mappedBatch } from './mapped-batch.js';
import { pool } from './pool.js';

/** Our own workflows. No DAG's id has a slash. */
const own: Record<string, (...args: never[]) => Promise<unknown>> = {
  [mappedBatchWorkflow]: mappedBatch,
  [poolWorkflow]: pool,
  [datasetTriggerWorkflow]: datasetTrigger,
  [backfillWorkflow]: backfill,
};

export default function start(...args: unknown[]): Promise<unknown> {
  return (own[workflowInfo().workflowType] ?? dagRun)(...(args as never[]));
}
