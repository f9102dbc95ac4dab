import { branch } from './control/branch.js';
import { controlOperators } from './control/index.js';
import { shortCircuit } from './control/short-circuit.js';
import type { Draft, DraftTask } from './draft.js';
import { didYouMean } from './nearest.js';
import type { Path, Problem } from './problem.js';
import { hasTemplate } from './template.js';

/** What is wrong with setups, teardowns, gates and pools of single tasks, seen in their surroundings. */
export function taskProblems(draft: Draft): Problem[] {
  const byId = new Map(draft.tasks.map((task) => [task.id, task]));
  return draft.tasks.flatMap((task) => [
    ...setupProblems(task, byId, draft),
    ...gateProblems(task, byId, draft),
    ...poolProblems(task),
  ]);
}

/** Airflow's rules for setups and teardowns. */
function setupProblems(task: DraftTask, byId: ReadonlyMap<string, DraftTask>, { edges }: Draft): Problem[] {
  const problems: Problem[] = [];
  if (task.setup && task.teardown) {
    problems.push(onKey(task, 'teardown', 'a task is a setup or a teardown, not both'));
  }
  for (const { id, path = [] } of task.setups) {
    const setup = byId.get(id);
    if (setup === undefined) {
      const hint = didYouMean(
        id,
        [...byId.values()].filter((each) => each.setup).map((each) => each.id),
      );
      problems.push({ path, on: 'value', message: `there is no task '${id}'`, ...(hint && { hint }) });
    } else if (!setup.setup) {
      const message = `'${id}' is not a setup`;
      problems.push({ path, on: 'value', message, hint: `add setup: true to '${id}'` });
    }
  }
  const { triggerRule = 'all_success' } = task;
  const setup = [...(edges.get(task.id)?.keys() ?? [])].find((id) => byId.get(id)?.setup);
  if (!task.teardown && triggerRule !== 'all_success' && setup !== undefined) {
    const message = `directly after the setup '${setup}' the trigger rule must be all_success, not ${triggerRule}`;
    problems.push({ path: ['tasks', task.index, 'triggerRule'], on: 'value', message });
  }
  return problems;
}

function gateProblems(task: DraftTask, byId: ReadonlyMap<string, DraftTask>, { groups }: Draft): Problem[] {
  const { operator = '', index } = task;
  const problems: Problem[] = [];
  if (controlOperators.get(operator)?.gate !== undefined && task.expand !== undefined) {
    const hint = 'put it into a group with expand: there it decides once for every item';
    problems.push({ ...onKey(task, 'expand', `${operator} can't be mapped`), hint });
  }
  if (operator === branch.name) {
    const { choose } = task.with;
    const path: Path = ['tasks', index, 'with', 'choose'];
    const chosen = Array.isArray(choose)
      ? choose.map((id, position) => ({ id, path: [...path, position] as Path }))
      : [{ id: choose, path }];
    for (const { id, path: at } of chosen) {
      if (typeof id !== 'string' || hasTemplate(id) || byId.has(id) || id in groups) continue;
      const hint = didYouMean(id, [...byId.keys(), ...Object.keys(groups)]);
      const message = `there is no task or group '${id}' to choose`;
      problems.push({ path: at, on: 'value', message, ...(hint && { hint }) });
    }
  }
  const flag = task.with.ignoreDownstreamTriggerRules;
  if (operator === shortCircuit.name && typeof flag === 'string' && hasTemplate(flag)) {
    const path = ['tasks', index, 'with', 'ignoreDownstreamTriggerRules'];
    problems.push({ path, on: 'value', message: 'expected true or false, not a template' });
  }
  return problems;
}

function poolProblems(task: DraftTask): Problem[] {
  if (task.poolSlots === undefined || task.pool !== undefined) return [];
  return [onKey(task, 'poolSlots', 'only a task with a pool can take slots')];
}

function onKey({ index }: DraftTask, key: string, message: string): Problem {
  return { path: ['tasks', index, key], on: 'key', message };
}
