import {
  ChildWorkflowCancellationType,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  startChild,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import { batchResults } from '../contract/messages.js';
import { mappedBatchWorkflow } from '../contract/workflows.js';
import type { StartDecision } from '../dag/decision.js';
import type { TaskSpec } from '../dag/document.js';
import { jsonBytes } from '../dag/payload.js';
import { reading } from './inbound.js';
import { inlineLength, type LargeInputs } from './large-inputs.js';
import { type BatchResult, batchResultsSignal, type MappedBatch } from './mapped-batch.js';
import { type EndedTask, failedBefore, type TaskRun } from './task-run.js';

/** A batch's input is one payload: well below the server's two MiB. */
const batchBytes = 1_000_000;

type Start = MappedBatch['starts'][number];

const isLarge = (start: Start): boolean => inlineLength(start) === undefined;

/** Runs batches of a mapped task's instances as child workflows. One per run: it takes the batches' signals. */
export class BatchRunner {
  private readonly waiting = new Map<string, (end: EndedTask) => void>();

  constructor(
    private readonly shared: TaskRun,
    private readonly largeInputs: LargeInputs,
  ) {
    setHandler(
      batchResultsSignal,
      reading<BatchResult[]>(batchResultsSignal.name, batchResults, (results) => {
        for (const { key, ...end } of results) this.settle(key, end);
      }),
    );
  }

  /** Runs one batch to its end; `onEnd` hears of every instance once. Never throws. */
  async run(
    task: TaskSpec,
    starts: readonly Start[],
    maxActive: number,
    onEnd: (key: string, end: EndedTask) => void,
  ): Promise<void> {
    const keys = starts.map(({ instance }) => instance.key);
    for (const key of keys) this.waiting.set(key, (end) => onEnd(key, end));
    const startedAt = Date.now();
    let reason = 'its batch ended without a word of it';
    try {
      const { workflowId } = workflowInfo();
      const small = starts.some(isLarge) ? await this.withFiles(starts) : [...starts];
      if (small.length === 0) return;
      const batch: MappedBatch = { shared: this.shared, task, starts: small, maxActive };
      const first = starts[0]?.instance.mapIndex ?? 0;
      const child = await startChild(mappedBatchWorkflow, {
        args: [batch],
        // A run that was reset to before this point starts batches of its own beside those that it had.
        workflowId: `${workflowId}/${task.id}[${first}-${first + starts.length - 1}]/${uuid4().slice(0, 8)}`,
        cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
        parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
        staticSummary: `instances ${first} to ${first + starts.length - 1} of ${task.id}`,
      });
      await child.result();
    } catch (error) {
      reason = isCancellation(error) ? 'cancelled' : `its batch failed: ${messageOf(error)}`;
    }
    for (const key of keys) {
      this.settle(key, { outcome: { state: 'failed', reason }, startedAt, finishedAt: Date.now() });
    }
  }

  /** The starts as a payload takes them, without those that can't be handed over. */
  private async withFiles(starts: readonly Start[]): Promise<Start[]> {
    const small: Start[] = [];
    for (const start of starts) {
      if (!isLarge(start)) {
        small.push(start);
        continue;
      }
      try {
        const inputFile = await this.largeInputs.keep(start);
        small.push({ ...start, params: {}, inputFile });
      } catch (error) {
        this.settle(start.instance.key, failedBefore(error));
      }
    }
    return small;
  }

  private settle(key: string, end: EndedTask): void {
    const onEnd = this.waiting.get(key);
    this.waiting.delete(key);
    onEnd?.(end);
  }
}

/** Cuts the instances of one mapped task into batches of at most `most` that fit into a payload. */
export function batchesOf(starts: readonly StartDecision[], most: number): Start[][] {
  const batches: Start[][] = [];
  let batch: Start[] = [];
  let bytes = 0;
  for (const { kind: _kind, task: _task, ...start } of starts) {
    const size = jsonBytes(isLarge(start) ? { ...start, params: {} } : start);
    if (batch.length === most || (batch.length > 0 && bytes + size > batchBytes)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(start);
    bytes += size;
  }
  return batch.length === 0 ? batches : [...batches, batch];
}

function messageOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}
