import { randomUUID } from 'node:crypto';
import { join, resolve } from 'node:path';
import { readJson } from '../activities/context/files.js';
import { runFolder, runIdOf } from '../activities/context/layout.js';
import type { FinishedTask, Json } from '../activities/operator.js';
import { type RunRecord, runRecordName } from '../activities/run/run-record.js';
import type { BenchCluster } from './cluster.js';

/** When something began and ended, in milliseconds since 1970. */
export type Span = { start: number; end: number };

/** A run of the flagship DAG as its record tells it. */
export type NightjarRun = {
  record: RunRecord;
  folder: string;
  /** From the trigger to the end. */
  whole: Span;
  /** By task id, from the first instance's start to the last one's end. */
  stages: Map<string, Span>;
  /** Folders of the datasets that generate published, by name. */
  raw: Record<string, string[]>;
  /** Rows of the datasets that the other stages published, by name. */
  rows: Record<string, number>;
  metrics: Record<string, number>;
};

const dagId = 'task-log-analytics';

/** Runs the flagship DAG through Temporal, as a trigger from the UI would. @throws WorkflowFailedError */
export async function runNightjar({ client, config }: BenchCluster): Promise<NightjarRun> {
  const workflowId = `${dagId}/bench-${randomUUID()}`;
  await client.workflow.execute(dagId, { workflowId, taskQueue: config.temporal.taskQueue });
  const dataRoot = resolve(config.dataRoot);
  const folder = runFolder(dataRoot, dagId, runIdOf(dagId, workflowId));
  const record = await readJson<RunRecord>(join(folder, runRecordName));
  if (record?.finishedAt === undefined) throw new Error(`${folder} has no record of a finished run`);

  const finished = record.tasks.flatMap(({ stats }) => stats ?? []);
  const raw: Record<string, string[]> = {};
  const rows: Record<string, number> = {};
  for (const { output, stats } of record.tasks) {
    for (const ref of datasetRefs(output ?? null)) {
      if (stats?.taskId !== 'generate') rows[ref.dataset] = ref.rows;
      else raw[ref.dataset] = [...(raw[ref.dataset] ?? []), join(dataRoot, ref.path)];
    }
  }
  return {
    record,
    folder,
    whole: { start: Date.parse(record.startedAt), end: Date.parse(record.finishedAt) },
    stages: stageSpans(finished),
    raw,
    rows,
    metrics: Object.assign({}, ...finished.map(({ metrics }) => metrics)),
  };
}

function stageSpans(tasks: readonly FinishedTask[]): Map<string, Span> {
  const spans = new Map<string, Span>();
  for (const { taskId, startedAt, finishedAt } of tasks) {
    const { start, end } = spans.get(taskId) ?? { start: Number.POSITIVE_INFINITY, end: 0 };
    spans.set(taskId, {
      start: Math.min(start, Date.parse(startedAt)),
      end: Math.max(end, Date.parse(finishedAt)),
    });
  }
  return spans;
}

/** References to datasets anywhere in a task's output. */
function datasetRefs(output: Json): { dataset: string; path: string; rows: number }[] {
  if (output === null || typeof output !== 'object') return [];
  if (Array.isArray(output)) return output.flatMap(datasetRefs);
  const { dataset, path, rows } = output;
  if (typeof dataset === 'string' && typeof path === 'string' && typeof rows === 'number') {
    return [{ dataset, path, rows }];
  }
  return Object.values(output).flatMap(datasetRefs);
}

export const secondsOf = ({ start, end }: Span): number => (end - start) / 1000;
