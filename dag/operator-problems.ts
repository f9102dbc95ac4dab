import type { z } from 'zod';
import { controlOperators } from './control/index.js';
import type { DraftTask } from './draft.js';
import { at } from './literal.js';
import { didYouMean } from './nearest.js';
import { type Problem, validate } from './problem.js';
import { containsTemplate } from './template.js';

/**
 * Unknown operators, and params that their operator refuses. What a template gives is known only when the task
 * starts, so a complaint about a value that holds one is left for then; unknown and missing keys are found now.
 * @param operators those of the worker, by name, with the schemas of their params; when undefined, only the control
 * operators are known and others aren't checked
 */
export function operatorProblems(
  tasks: readonly DraftTask[],
  operators: ReadonlyMap<string, z.ZodType> | undefined,
): Problem[] {
  return tasks.flatMap((task): Problem[] => {
    if (task.operator === undefined) return [];
    const schema = controlOperators.get(task.operator)?.params ?? operators?.get(task.operator);
    if (schema === undefined) {
      if (operators === undefined) return [];
      const names = [...new Set([...operators.keys(), ...controlOperators.keys()])];
      const hint = didYouMean(task.operator, names) ?? `operators: ${names.join(', ')}`;
      return [
        {
          path: ['tasks', task.index, 'operator'],
          on: 'value',
          message: `there is no operator '${task.operator}'`,
          hint,
        },
      ];
    }
    const result = validate(schema, task.with);
    if (result.ok) return [];
    return result.problems
      .filter(
        (problem) =>
          problem.on === 'key' || problem.literal || !containsTemplate(at(task.with, problem.path)),
      )
      .map((problem) => ({ ...problem, path: ['tasks', task.index, 'with', ...problem.path] }));
  });
}
