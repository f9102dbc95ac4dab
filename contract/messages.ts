import { z } from 'zod';
import * as scalars from '../dag/schema/scalars.js';
import { schemaOf } from './read.js';

/**
 * The forms of what reaches workflows from outside: inputs and signals, which anyone with access to the Temporal server can
 * send. What they mean is said where their types are.
 */

/** Workflow and run ids, keys of task instances, names. */
const text = () => z.string().min(1).max(1_000);
const milliseconds = () => z.number().min(0);

const holder = () => ({ workflowId: text(), firstRunId: text() });
const slots = () => z.int().min(1);
const carriedEntry = () => z.tuple([z.int().min(0), text(), text(), slots(), z.int(), milliseconds()]);

/** `PoolAnswer` of dag/pool/messages.ts, as are the others of pools. */
export const poolAnswer = schemaOf(() => z.looseObject({ request: text(), refused: z.string().optional() }));

export const poolSize = schemaOf(() =>
  z.looseObject({ slots: slots(), description: z.string().max(10_000).optional() }),
);

export const poolStart = schemaOf(() =>
  z.looseObject({
    slots: slots(),
    description: z.string().max(10_000).optional(),
    keep: z.boolean(),
    checkInterval: z.int().min(1),
    carried: z
      .looseObject({
        holders: z.array(z.looseObject(holder())),
        leases: z.array(carriedEntry()),
        queue: z.array(carriedEntry()),
        answers: z.array(z.looseObject({ to: z.looseObject(holder()), answer: poolAnswer() })),
      })
      .refine(
        ({ holders, leases, queue }) => [...leases, ...queue].every(([index]) => index < holders.length),
        { error: 'expected a holder for every lease' },
      )
      .optional(),
  }),
);

export const slotRequest = schemaOf(() =>
  z.looseObject({
    ...holder(),
    key: text(),
    request: text(),
    slots: slots(),
    priority: z.int(),
    size: slots().optional(),
  }),
);

export const slotRelease = schemaOf(() => z.looseObject({ workflowId: text(), key: text() }));

/** `FailedAttempt` of dag/callback-event.ts. */
export const failedAttempt = schemaOf(() =>
  z.looseObject({ key: text(), attempt: z.int().min(1), reason: z.string().optional() }),
);

const datasetEvent = () =>
  z.looseObject({
    dataset: text(),
    publishedAt: z.iso.datetime(),
    dagId: scalars.id(),
    runId: text(),
    task: text(),
  });

const datasetCondition = (depth = 0): z.ZodType => {
  const inner = () => (depth < 10 ? datasetCondition(depth + 1) : text());
  return z.union([
    text(),
    z.strictObject({ all: z.array(inner()).min(1) }),
    z.strictObject({ any: z.array(inner()).min(1) }),
  ]);
};

/** `DatasetUpdate` of dag/dataset-event.ts. */
export const datasetUpdate = schemaOf(() =>
  z.looseObject({ id: text(), event: datasetEvent(), condition: datasetCondition() }),
);

/** What the trigger of a DAG by datasets hands to itself. */
export const triggerMemory = schemaOf(() =>
  z.looseObject({
    updates: z.record(z.string(), datasetEvent()),
    seen: z.array(z.string()),
    startedAt: milliseconds(),
  }),
);

const runForTasks = () =>
  z.looseObject({
    dag: z.looseObject({ id: scalars.id(), folder: z.string() }),
    run: z.looseObject({ id: text(), logicalDate: z.iso.datetime() }),
    traits: z.record(z.string(), z.looseObject({})),
    workflowId: text(),
  });

const instance = () =>
  z.looseObject({ key: text(), taskId: scalars.id(), mapIndex: z.int().min(0).optional() });

/** What a batch of a mapped task's instances is started with. */
export const mappedBatchInput = schemaOf(() =>
  z.looseObject({
    shared: runForTasks(),
    task: z.looseObject({
      id: scalars.id(),
      operator: text(),
      retries: z.int().min(0),
      retryDelay: milliseconds(),
      maxRetryDelay: milliseconds().optional(),
      executionTimeout: milliseconds().optional(),
      heartbeatTimeout: milliseconds(),
      pool: text().optional(),
      queue: text().optional(),
    }),
    starts: z.array(z.looseObject({ instance: instance(), params: z.looseObject({}) })),
    maxActive: z.int().min(1),
  }),
);

/** What a batch tells its run. */
export const batchResults = schemaOf(() =>
  z.array(
    z.looseObject({
      key: text(),
      outcome: z.looseObject({
        state: z.enum(['success', 'failed', 'skipped']),
        reason: z.string().optional(),
      }),
      startedAt: milliseconds(),
      finishedAt: milliseconds(),
    }),
  ),
);

/** What a run that continues as new hands to itself. */
export const continuation = schemaOf(() =>
  z.looseObject({
    triggeredAt: milliseconds(),
    startedAt: milliseconds(),
    heldMs: milliseconds().optional(),
    heldSince: milliseconds().optional(),
    missedDeadlines: z.array(milliseconds()).optional(),
  }),
);

const backfilledRun = () => z.looseObject({ logicalDate: z.iso.datetime(), workflowId: text() });

/** `CarriedBackfill` of dag/backfill/backfill.ts. */
export const carriedBackfill = schemaOf(() =>
  z.looseObject({
    plan: z.looseObject({
      dagId: scalars.id(),
      fromDate: z.iso.datetime(),
      toDate: z.iso.datetime(),
      timetable: z.looseObject({}),
      total: z.int().min(0),
      maxActiveRuns: z.int().min(1),
      reprocess: z.string(),
      params: z.looseObject({}),
      settings: z.looseObject({}),
    }),
    paused: z.boolean(),
    cursor: z.string().optional(),
    done: z.boolean(),
    ready: z.array(backfilledRun()),
    counts: z.record(z.string(), z.int().min(0)),
    unsuccessful: z.array(backfilledRun()),
    inFlight: z.array(backfilledRun()),
  }),
);
