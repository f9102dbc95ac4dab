import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { loadOperators } from '../../activities/load-operators.js';
import type { Json } from '../../activities/operator.js';
import { loadConfig, pipelineSettings } from '../../config/loader.js';
import { DagRun } from '../../dag/dag-run.js';
import type { JsonObject } from '../../dag/json.js';
import { parseDag } from '../../dag/parse-dag.js';
import type { StageCounts } from '../../dag/stage-counts.js';
import { TestTasks } from './operator-context.js';

/** What each task instance returned and counted, by its key such as `ingest` or `generate[3]`. */
export type DagTasks = Record<string, { output: Json; stats: StageCounts; folder: string }>;

/**
 * Runs tasks of a DAG document as they stand there, one after the other, without Temporal: templates, expansion and
 * order by the state machine, operators on real Spark. Thresholds are not applied. @param only Tasks to run, by id
 */
export async function runDagTasks(
  file: string,
  dataRoot: string,
  { settings = [], only }: { settings?: string[]; only?: string[] } = {},
): Promise<DagTasks> {
  const operators = await loadOperators();
  const config = pipelineSettings(loadConfig({ env: {}, overrides: settings })) as unknown as JsonObject;
  const schemas = new Map([...operators].map(([name, operator]) => [name, operator.params]));
  const parsed = parseDag(readFileSync(file, 'utf8'), { file, operators: schemas, config });
  if (!parsed.ok) throw new Error(parsed.errors.map(({ message }) => message).join('\n'));
  const tasks = parsed.dag.tasks.filter(({ id }) => only === undefined || only.includes(id));
  const epoch = new Date(0).toISOString();
  const run = {
    id: 'test',
    logicalDate: epoch,
    dataIntervalStart: epoch,
    dataIntervalEnd: epoch,
    latest: true,
  };
  const dagRun = new DagRun({ ...parsed.dag, tasks }, { params: {}, config, run });
  const runner = new TestTasks(dataRoot, resolve(dirname(file)));
  const results: DagTasks = {};
  for (let decisions = dagRun.next(); decisions.length > 0; decisions = dagRun.next()) {
    for (const decision of decisions) {
      if (decision.kind === 'finished') {
        if (decision.state === 'failed') throw new Error(decision.reason);
        continue;
      }
      if (decision.kind !== 'start') throw new Error(`${decision.instance.key} waits`);
      const { instance, task, params } = decision;
      const operator = operators.get(task.operator);
      if (operator === undefined) throw new Error(`no operator ${task.operator}`);
      const result = await runner.run(operator, instance.key.replace(/\[(\d+)\]/, '@$1'), params);
      results[instance.key] = result;
      dagRun.settle(instance.key, { state: 'success', output: result.output });
    }
  }
  return results;
}
