/**
 * Entry point of the workflow bundle. The default export handles every workflow type that has no export of its own, so
 * that a DAG run's workflow type is the DAG's id. Types of ours have a slash, which no DAG id can have.
 */
import { workflowInfo } from '@temporalio/workflow';
import { type Continuation, dagRun } from './dag-run.js';
import { type MappedBatch, mappedBatch, mappedBatchType } from './mapped-batch.js';

export default function runWorkflow(...args: unknown[]): Promise<unknown> {
  const { workflowType } = workflowInfo();
  if (workflowType === mappedBatchType) return mappedBatch(args[0] as MappedBatch);
  return dagRun(args[0], args[1] as Continuation | undefined);
}
