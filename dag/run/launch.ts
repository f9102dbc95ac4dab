import type { ControlResult } from '../control/operator.js';
import type { DagRunOptions, StartDecision, TriggerDecision, WaitDecision } from '../decision.js';
import type { Scope } from '../expression.js';
import type { Json, JsonObject } from '../json.js';
import { dataPaths } from '../literal.js';
import { didYouMean } from '../nearest.js';
import { formatPath, validate } from '../problem.js';
import { checkThresholds } from '../thresholds.js';
import { type RunGraph, tasksNamed } from './run-graph.js';
import type { TaskInstance, TaskNode } from './units.js';

/** What becomes of an instance that starts: something to be done outside, or an end at once. */
export type Launch =
  | StartDecision
  | WaitDecision
  | TriggerDecision
  | Exclude<ControlResult, { wait: unknown } | { trigger: unknown }>;

/** @throws Error when a template fails or gives what can't be */
export function launch(
  { spec, control, ...node }: TaskNode,
  { key, mapIndex }: TaskInstance,
  scope: Scope,
  { run, controlsTakeSlots = false }: DagRunOptions,
): Launch {
  const instance = mapIndex === undefined ? { key, taskId: spec.id } : { key, taskId: spec.id, mapIndex };
  const params = node.params.render(scope) as JsonObject;
  if (control === undefined) {
    const data = dataPaths(node.params, params);
    return {
      kind: 'start',
      instance,
      task: spec,
      params,
      ...(data.length === 0 ? {} : { data }),
      ...checkThresholds(node.thresholds.render(scope)),
    };
  }
  const checked = validate(control.params, params);
  if (!checked.ok) {
    const complaints = checked.problems.map(({ path, message }) => {
      const where = formatPath(['with', ...path]);
      return `${where}: ${message}`;
    });
    throw new Error(complaints.join('; '));
  }
  const result = control.execute(checked.value, run);
  if ('wait' in result) return { kind: 'wait', instance, task: spec, wait: result.wait };
  if ('trigger' in result) return { kind: 'trigger', instance, task: spec, trigger: result.trigger };
  return spec.pool !== undefined && controlsTakeSlots
    ? { kind: 'wait', instance, task: spec, wait: { milliseconds: 0 }, end: result }
    : result;
}

/** @throws Error when a gate chose what is no task or group */
export function checkChoice({ control }: TaskNode, output: Json, graph: RunGraph): void {
  const passes = control?.gate?.passes(output) ?? 'all';
  const wrong = passes === 'all' ? undefined : passes.find((id) => tasksNamed(graph, id) === undefined);
  if (wrong === undefined) return;
  const hint = didYouMean(wrong, [...graph.byId.keys(), ...graph.groupIds]);
  throw new Error(`there is no task or group '${wrong}' to choose${hint === undefined ? '' : ` (${hint})`}`);
}
