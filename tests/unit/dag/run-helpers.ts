import { DagRun, type DagRunOptions, type Outcome, type StartDecision } from '../../../dag/dag-run.js';
import { type DagDocument, type TaskSpec, taskDefaults } from '../../../dag/document.js';

export const runInfo = {
  id: 'r1',
  logicalDate: '2025-03-01T02:00:00.000Z',
  dataIntervalStart: '2025-02-28T02:00:00.000Z',
  dataIntervalEnd: '2025-03-01T02:00:00.000Z',
  latest: true,
};

/** A document of tasks that are given by what differs from the defaults. */
export function documentOf(tasks: readonly (Partial<TaskSpec> & { id: string })[]): DagDocument {
  return {
    dagId: 'd',
    tags: ['x'],
    timezone: 'UTC',
    catchupWindow: 0,
    jitter: 0,
    params: {},
    groups: {},
    tasks: tasks.map((task) => ({ ...taskDefaults, operator: 'op', with: {}, dependsOn: [], ...task })),
  };
}

export function startRun(
  tasks: readonly (Partial<TaskSpec> & { id: string })[],
  options: Partial<DagRunOptions> = {},
): DagRun {
  return new DagRun(documentOf(tasks), { params: {}, config: {}, run: runInfo, ...options });
}

/** Keys of what is to be started now. */
export function startedKeys(run: DagRun): string[] {
  return starts(run).map(({ instance }) => instance.key);
}

export function starts(run: DagRun): StartDecision[] {
  return run.next().filter((decision) => decision.kind === 'start');
}

/** Settles everything, first come first served, and gives the run's end and the starts in their order. */
export function finish(
  run: DagRun,
  outcome: (start: StartDecision) => Outcome = () => ({ state: 'success' }),
) {
  const started: StartDecision[] = [];
  for (let position = -1; ; position++) {
    const active = started[position];
    if (active !== undefined) run.settle(active.instance.key, outcome(active));
    for (const decision of run.next()) {
      if (decision.kind === 'finished') return { ...decision, started };
      if (decision.kind === 'start') started.push(decision);
      else run.settle(decision.instance.key, { state: 'success' });
    }
    if (position >= started.length) throw new Error('the run hangs');
  }
}

export function statesOf(run: DagRun): Record<string, string> {
  return Object.fromEntries(run.instances().map(({ key, state }) => [key, state]));
}
