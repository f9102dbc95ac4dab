import type { DraftTask } from './draft.js';
import { TaskGraph } from './graph.js';
import { didYouMean } from './nearest.js';
import type { Path, Problem } from './problem.js';

/** What is wrong with ids and dependencies: duplicates, unknown upstream tasks, cycles. */
export function graphProblems(tasks: readonly DraftTask[]): Problem[] {
  const byId = new Map<string, DraftTask>();
  const problems: Problem[] = [];
  for (const task of tasks) {
    const first = byId.get(task.id);
    if (first === undefined) byId.set(task.id, task);
    else
      problems.push(
        problem(['tasks', task.index, 'id'], `'${task.id}' is already the id of tasks[${first.index}]`),
      );
  }
  for (const task of tasks) {
    const seen = new Set<string>();
    for (const [position, upstream] of task.dependsOn.entries()) {
      const path = upstreamPath(task, position);
      if (!byId.has(upstream)) {
        problems.push(problem(path, `there is no task '${upstream}'`, didYouMean(upstream, byId.keys())));
      } else if (seen.has(upstream)) {
        problems.push(problem(path, `'${upstream}' is listed twice`));
      }
      seen.add(upstream);
    }
  }
  return [...problems, ...cycleProblems([...byId.values()], byId)];
}

/** The graph of the tasks, without what {@link graphProblems} reports. */
export function draftGraph(tasks: readonly DraftTask[]): TaskGraph {
  const dependencies = new Map<string, readonly string[]>();
  for (const { id, dependsOn } of tasks) if (!dependencies.has(id)) dependencies.set(id, dependsOn);
  const known = (id: string) => dependencies.has(id);
  return new TaskGraph(
    [...dependencies].map(([id, dependsOn]) => ({ id, dependsOn: [...new Set(dependsOn)].filter(known) })),
  );
}

function cycleProblems(tasks: readonly DraftTask[], byId: ReadonlyMap<string, DraftTask>): Problem[] {
  const cycle = draftGraph(tasks).findCycle();
  if (cycle === undefined) return [];
  const [first = '', second = ''] = cycle;
  const task = byId.get(second);
  if (task === undefined) return [];
  const path = upstreamPath(task, task.dependsOn.indexOf(first));
  const message =
    cycle.length === 2 ? `'${first}' depends on itself` : `tasks form a cycle: ${cycle.join(' → ')}`;
  return [problem(path, message, 'a task can only depend on tasks that come before it')];
}

function upstreamPath(task: DraftTask, position: number): Path {
  const path = ['tasks', task.index, 'dependsOn'];
  return task.dependsOnList ? [...path, position] : path;
}

function problem(path: Path, message: string, hint?: string): Problem {
  return { path, on: 'value', message, ...(hint !== undefined && { hint }) };
}
