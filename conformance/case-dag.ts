import type { JsonObject } from '../dag/json.js';
import type { Case, CaseTask } from './case.js';

/** A case's DAG as a user would write it, and as `parseDag` takes it. */
export function dagOf({ tasks }: Case, dagId: string): JsonObject {
  return { dagId, tasks: tasks.map(taskOf) };
}

function taskOf(task: CaseTask): JsonObject {
  const { id, upstream, triggerRule, retries, setup, teardown, setups, onFailureFailDagrun } = task;
  const expand = expandOf(task);
  return {
    id,
    ...operatorOf(task),
    ...(upstream.length > 0 && { dependsOn: upstream }),
    triggerRule,
    ...(retries > 0 && { retries, retryDelay: '0s' }),
    ...(expand !== undefined && { expand: { item: expand } }),
    ...(setup && { setup }),
    ...(teardown && { teardown: { setups, onFailureFailDagrun } }),
  };
}

function operatorOf(task: CaseTask): JsonObject {
  const { branch, shortCircuit, ignoreDownstreamTriggerRules } = task;
  if (branch !== undefined) {
    return { operator: 'branch', ...deciding(task, { choose: branch }, { choose: [undecided] }) };
  }
  if (shortCircuit !== undefined) {
    const flag = { ignoreDownstreamTriggerRules };
    const decision = { condition: shortCircuit, ...flag };
    return { operator: 'short-circuit', ...deciding(task, decision, { condition: undecided, ...flag }) };
  }
  const { behaviour, failTimes, outputLength } = task;
  const behaviours = Array.isArray(task.expand) ? task.expand : task.behaviours;
  return { operator: 'case', with: { behaviour, behaviours, failTimes, outputLength } };
}

/** A template that fails. */
const undecided = '${{ string(int("undecided")) }}';

/**
 * Branches and short-circuits are no activities: they have no attempts, so what counts is how the last one ended. One
 * that skips itself has a condition that is false, one that fails can't tell what to decide.
 */
function deciding(
  { behaviour, failTimes, retries }: CaseTask,
  decision: JsonObject,
  none: JsonObject,
): JsonObject {
  if (failTimes > retries || behaviour === 'fail') return { with: none };
  return { with: decision, ...(behaviour === 'skip' && { when: 'false' }) };
}

function expandOf({ expand, expandFrom }: CaseTask): number[] | string | undefined {
  if (expandFrom !== undefined) return `\${{ tasks["${expandFrom}"].output }}`;
  if (expand === undefined) return undefined;
  return Array.from({ length: typeof expand === 'number' ? expand : expand.length }, (_, index) => index);
}
