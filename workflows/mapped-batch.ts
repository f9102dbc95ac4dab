import {
  CancellationScope,
  CancelledFailure,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  patched,
  workflowInfo,
} from '@temporalio/workflow';
import { mappedBatchInput } from '../contract/messages.js';
import { mappedBatchWorkflow } from '../contract/workflows.js';
import type { TaskSpec } from '../dag/document.js';
import { readInput, refuseInput } from './inbound.js';
import { withSlots } from './pooled.js';
import { type EndedTask, runTask, type TaskRun, type TaskStart } from './task-run.js';

/** Instances of one mapped task, to be run apart from the run's own history. */
export type MappedBatch = {
  shared: TaskRun;
  task: TaskSpec;
  starts: Omit<TaskStart, 'task' | 'finishedTasks'>[];
  /** Most instances at the same time. */
  maxActive: number;
};

export type BatchResult = EndedTask & { key: string };

/** Sent by a batch to its run as its instances end. */
export const batchResultsSignal = defineSignal<[BatchResult[]]>('batchResults');

/** Results are sent together, bounded by number and by bytes of JSON: a signal is a payload. */
const reportSize = 50;
const reportBytes = 500_000;

/**
 * Runs a batch and tells the run of every instance that ended, in small reports: the run shows progress, and results are
 * not bounded by what fits into one. By signal to the run's id, so that a run which was reset hears of them too.
 */
export async function mappedBatch(input: unknown): Promise<void> {
  const parent = workflowInfo().parent;
  if (parent === undefined) throw refuseInput(`a ${mappedBatchWorkflow} is started by a DAG run`);
  const { shared, task, starts, maxActive } = readInput<MappedBatch>(
    'a batch of instances',
    mappedBatchInput,
    input,
  );
  const run = getExternalWorkflowHandle(parent.workflowId);
  const scope = CancellationScope.current();
  let unreported: BatchResult[] = [];
  let bytes = 0;
  let active = 0;

  /** Reports of many bytes go one after the other: a workflow task takes four MiB in all. */
  let lastLarge = Promise.resolve();

  const report = async (before?: Promise<void>): Promise<void> => {
    const results = unreported;
    unreported = [];
    bytes = 0;
    if (before !== undefined) await before;
    await CancellationScope.nonCancellable(() => run.signal(batchResultsSignal, results));
  };
  const ended = async (result: BatchResult): Promise<void> => {
    unreported.push(result);
    bytes += JSON.stringify(result).length;
    // Earlier releases sent all at once.
    if (bytes >= reportBytes && patched('reports-in-turn')) {
      lastLarge = report(lastLarge);
      await lastLarge;
    } else if (unreported.length >= reportSize || bytes >= reportBytes) await report();
  };
  const reports: Promise<void>[] = [];
  for (const start of starts) {
    const { key } = start.instance;
    if (active >= maxActive)
      await CancellationScope.nonCancellable(() => condition(() => active < maxActive));
    if (scope.consideredCancelled) {
      const outcome = {
        state: 'skipped' as const,
        reason: 'cancelled before it started',
        stopped: true as const,
      };
      reports.push(ended({ key, outcome, startedAt: Date.now(), finishedAt: Date.now() }));
      continue;
    }
    active++;
    reports.push(
      withSlots(task, key, () => runTask({ ...start, task }, shared)).then((end) => {
        active--;
        return ended({ key, ...end });
      }),
    );
  }
  await Promise.all(reports);
  if (unreported.length > 0) await report();
  if (scope.consideredCancelled) throw new CancelledFailure('the batch was cancelled');
}
