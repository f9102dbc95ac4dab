import type { z } from 'zod';
import { parseBackfillInput } from '../../activities/backfill/plan.js';
import { parseRunInput } from '../../activities/run/prepare-run.js';
import * as messages from '../../contract/messages.js';
import { read } from '../../contract/read.js';
import { taskInputSchema } from '../../contract/task.js';
import type { Json } from '../../dag/json.js';
import { type RunUpdateName, readArgument } from '../../dag/run-updates.js';

/** A message that crosses Temporal: what it usually is, and how it is read. */
export type Message = {
  name: string;
  sample: Json;
  /** @throws Error that says in a line what is wrong with it */
  read(value: unknown): unknown;
  /** Whether the message becomes what it was, without defaults and short forms. */
  isKept: boolean;
};

const time = '2026-03-29T01:30:00.000Z';
const holder = { workflowId: 'a/b', firstRunId: '0198' };
const event = { dataset: 'd', publishedAt: time, dagId: 'a', runId: 'r', task: 't' };
const lease = [0, 'train[3]', 'q1', 1, -5, 1_700_000_000_000];
const started = { startedAt: 1, finishedAt: 2.5 };
const backfilled = { logicalDate: time, workflowId: 'a/b' };
const thresholds = { errorThreshold: { maxRows: 1 }, metricThresholds: { loss: { max: 0.5 } } };

const samples: Record<keyof typeof messages, Json> = {
  poolAnswer: { request: 'q1', refused: 'too large' },
  poolSize: { slots: 4, description: 'GPUs' },
  poolStart: {
    ...{ slots: 4, description: 'GPUs', keep: true, checkInterval: 1000 },
    carried: {
      holders: [holder],
      leases: [lease],
      queue: [lease],
      answers: [{ to: holder, answer: { request: 'q' } }],
    },
  },
  slotRequest: { ...holder, key: 'train[3]', request: 'q1', slots: 1, priority: -5, size: 4 },
  slotRelease: { workflowId: 'a/b', key: 'train' },
  failedAttempt: { key: 'train', attempt: 1, reason: 'lost' },
  datasetUpdate: { id: 'u', event, condition: { all: ['a', { any: ['b', { all: ['c'] }] }] } },
  triggerMemory: { updates: { d: event }, seen: ['u'], startedAt: 1 },
  mappedBatchInput: {
    shared: {
      dag: { id: 'a', folder: '/dags' },
      run: { id: 'r', logicalDate: time },
      traits: { shell: { sensor: true } },
      workflowId: 'a/b',
    },
    task: {
      ...{ id: 't', operator: 'shell', retries: 2, retryDelay: 5, maxRetryDelay: 9, executionTimeout: 10 },
      ...{ heartbeatTimeout: 60_000, pool: 'p', queue: 'q' },
    },
    starts: [{ instance: { key: 't[0]', taskId: 't', mapIndex: 0 }, params: { x: [1, null] } }],
    maxActive: 3,
  },
  batchResults: [{ key: 't[0]', outcome: { state: 'failed', reason: 'why' }, ...started }],
  continuation: { triggeredAt: 1, startedAt: 2, heldMs: 3, heldSince: 4, missedDeadlines: [5] },
  carriedBackfill: {
    plan: {
      ...{ dagId: 'a', fromDate: time, toDate: time, timetable: { schedule: '@daily' }, total: 2 },
      ...{ maxActiveRuns: 1, reprocess: 'none', params: {}, settings: {} },
    },
    ...{ paused: false, cursor: 'c', done: false, ready: [backfilled], counts: { success: 1 } },
    ...{ unsuccessful: [backfilled], inFlight: [backfilled] },
  },
};

const taskInput: Json = {
  dag: { id: 'a', folder: '/dags' },
  run: { id: 'r', logicalDate: time, dataIntervalStart: time, dataIntervalEnd: time },
  task: { id: 't', key: 't[1]', mapIndex: 1, cleared: 1, attemptsBefore: 0, retries: 2 },
  ...{ params: { x: [1, { env: 'HOME' }] }, data: [['x', 1]], inputFile: 'in.json', ...thresholds },
  ...{ finishedTasks: [{}], tellRetriesTo: 'a/b' },
};

const updates: Record<RunUpdateName, Json> = {
  retryTask: { tasks: ['train'], params: { x: 1 }, startOver: true },
  skipTask: { tasks: 'train' },
  markSuccess: { tasks: ['train[3]'], output: { rows: 1 } },
  clearTasks: { tasks: 'train', downstream: false, upstream: true, onlyFailed: false, params: {} },
  failRun: { reason: 'why' },
};

const runInput: Json = {
  params: { x: 1, list: [1, null] },
  logicalDate: time,
  settings: { 'generate.records': 5 },
  only: ['train'],
  datasetEvents: [{ ...event, refs: { a: 1 } }],
};

const backfillInput: Json = {
  ...{
    fromDate: '2026-03-01',
    toDate: '2026-03-02',
    maxActiveRuns: 2,
    reprocess: 'none',
    runBackwards: true,
  },
  ...{ params: { x: 1 }, settings: { 'generate.records': 5 } },
};

function bySchema(schema: () => z.ZodType): Message['read'] {
  return (value) => {
    const given = read(schema, value);
    if (!given.ok) throw new Error(given.problem);
    return given.value;
  };
}

export const allMessages: readonly Message[] = [
  ...Object.entries(messages).map(([name, schema]) => ({
    name,
    sample: samples[name as keyof typeof messages],
    read: bySchema(schema),
    isKept: true,
  })),
  { name: 'taskInput', sample: taskInput, read: bySchema(() => taskInputSchema), isKept: true },
  ...Object.entries(updates).map(([name, sample]) => ({
    name,
    sample,
    read: (value: unknown) => readArgument(name as RunUpdateName, value),
    isKept: false,
  })),
  { name: 'run input', sample: runInput, read: parseRunInput, isKept: false },
  { name: 'backfill input', sample: backfillInput, read: parseBackfillInput, isKept: false },
];
