import type { z } from 'zod';
import type { DraftTask } from './draft.js';
import { didYouMean } from './nearest.js';
import { type Path, type Problem, validate } from './problem.js';
import { containsTemplate } from './template.js';

/**
 * Unknown operators, and params that their operator refuses. What a template gives is known only when the task
 * starts, so a complaint about a value that holds one is left for then; unknown and missing keys are found now.
 */
export function operatorProblems(
  tasks: readonly DraftTask[],
  operators: ReadonlyMap<string, z.ZodType>,
): Problem[] {
  return tasks.flatMap((task): Problem[] => {
    if (task.operator === undefined) return [];
    const schema = operators.get(task.operator);
    if (schema === undefined) {
      const hint =
        didYouMean(task.operator, operators.keys()) ?? `operators: ${[...operators.keys()].join(', ')}`;
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
      .filter((problem) => problem.on === 'key' || !containsTemplate(valueAt(task.with, problem.path)))
      .map((problem) => ({ ...problem, path: ['tasks', task.index, 'with', ...problem.path] }));
  });
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (inner, segment) =>
      typeof inner === 'object' && inner !== null
        ? (inner as Record<string | number, unknown>)[segment]
        : undefined,
    value,
  );
}
