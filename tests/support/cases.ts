import { basename, resolve } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { builtInOperators } from '../../activities/built-in-operators.js';
import type { RunInput } from '../../activities/run/run-input.js';
import type { RunRecord } from '../../activities/run/run-record.js';
import type { Json } from '../../dag/json.js';
import { TestWorker } from './test-worker.js';

/** A folder of DAGs with their data, one folder each, named as the DAG. */
export const casesFolder = resolve('tests/fixtures/cases');

/** How a case's run ended. */
export type CaseRun = {
  state: RunRecord['state'];
  /** Why the run failed, if it did. */
  error: string | undefined;
  /** Outputs of the tasks that have one, by instance key. */
  outputs: Record<string, Json>;
  /** Why a task is in its state, by instance key. */
  reasons: Record<string, string>;
  record: RunRecord;
};

/**
 * A worker for the tests of this file that serves the folder of cases. To be called once, at the top of a test file.
 * @param settings Overrides such as `pools.small.slots=2`
 */
export function useCases(settings: string[] = []): {
  worker(): TestWorker;
  run(dagId: string, input?: RunInput): Promise<CaseRun>;
} {
  let worker: TestWorker;
  let runs = 0;
  beforeAll(async () => {
    worker = await TestWorker.start(builtInOperators, [`dags.folders=[${casesFolder}]`, ...settings]);
  });
  afterAll(() => worker.stop());
  return {
    worker: () => worker,
    run: async (dagId, input) => {
      const runId = `case-${++runs}`;
      await worker.run(dagId, input, `${dagId}/${runId}`);
      const record = await worker.record(dagId, runId);
      return {
        state: record.state,
        error: record.error,
        outputs: Object.fromEntries(
          record.tasks.flatMap(({ key, output }) => (output === undefined ? [] : [[key, output]])),
        ),
        reasons: Object.fromEntries(
          record.tasks.flatMap(({ key, reason }) => (reason === undefined ? [] : [[key, reason]])),
        ),
        record,
      };
    },
  };
}

/** What the `look` task of an ingest case saw: the rows that were taken, and those that were quarantined. */
export function looked({ outputs }: CaseRun): { good: Json[]; bad: Record<string, Json>[] } {
  const { good, bad } = (outputs.look ?? { good: [], bad: [] }) as { good: Json[]; bad: { j: string }[] };
  return { good, bad: bad.map(({ j }) => JSON.parse(j)) };
}

/** What an ingest case made of its files; the run must have succeeded. */
export function look(run: CaseRun): {
  good: Json[];
  /** The reasons of each quarantined row. */
  reasons: Json[];
  /** The texts that are no records. */
  malformed: Json[];
  /** Why files were left out, by name. */
  rejected: Record<string, string>;
} {
  if (run.state !== 'success') throw new Error(`the run is ${run.state}: ${run.error}`);
  const { good, bad } = looked(run);
  const texts = bad.map(({ _unparsed }) => (_unparsed as Record<string, string> | undefined)?.['*']);
  const files = run.record.tasks.flatMap(({ stats }) => stats?.rejectedFiles ?? []);
  return {
    good,
    reasons: bad.flatMap(({ _reasons = null }) => [_reasons]),
    malformed: texts.filter((text) => text !== undefined),
    rejected: Object.fromEntries(files.map(({ file, reason }) => [basename(file), reason])),
  };
}
