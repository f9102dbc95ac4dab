import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DagRun } from '../../../dag/dag-run.js';
import type { DagDocument, TaskSpec } from '../../../dag/document.js';
import { taskDefaults } from '../../../dag/document.js';
import type { Json } from '../../../dag/json.js';
import type { TriggerRule } from '../../../dag/trigger-rules.js';

/** A task graph, what its tasks do when they run, and the states that Apache Airflow 3.3.2 gave it. */
interface Case {
  name: string;
  category: string;
  tasks: CaseTask[];
  /** By task id; a list has the states of a mapped task's instances, a task that was never expanded has one state. */
  expected: Record<string, string | string[]>;
  runState: 'success' | 'failed';
}

type Behaviour = 'success' | 'fail' | 'skip';

interface CaseTask {
  id: string;
  upstream: string[];
  triggerRule: TriggerRule;
  behaviour?: Behaviour;
  retries?: number;
  /** Attempts that fail before `behaviour` applies. */
  failTimes?: number;
  /** Mapped over a literal list: its length, or the behaviour of each instance. */
  expand?: number | Behaviour[];
  /** Mapped over the output of this task. */
  expandFrom?: string;
  /** Behaviour of the instances of `expandFrom`. */
  behaviours?: Behaviour[];
  /** Length of the list that the task returns. */
  outputLength?: number;
  branch?: string[];
  shortCircuit?: boolean;
  ignoreDownstreamTriggerRules?: boolean;
  setup?: boolean;
  teardown?: boolean;
  setups?: string[];
  onFailureFailDagrun?: boolean;
}

const fixture = new URL('../../fixtures/conformance/airflow-cases.json', import.meta.url);
const cases = JSON.parse(readFileSync(fixture, 'utf8')) as Case[];

function toSpec(task: CaseTask): TaskSpec {
  const expand = expandOf(task);
  return {
    ...taskDefaults,
    id: task.id,
    ...operatorOf(task),
    dependsOn: task.upstream,
    triggerRule: task.triggerRule,
    ...(expand !== undefined && { expand: { item: expand } }),
    ...(task.setup && { setup: true }),
    ...(task.teardown && {
      teardown: { setups: task.setups ?? [], onFailureFailDagrun: task.onFailureFailDagrun ?? false },
    }),
  };
}

/** A branch or short-circuit that doesn't come to its decision is a task like any other. */
function operatorOf(task: CaseTask): Pick<TaskSpec, 'operator' | 'with'> {
  if (outcomeOf(task, undefined) === 'success') {
    if (task.branch !== undefined) return { operator: 'branch', with: { choose: task.branch } };
    if (task.shortCircuit !== undefined) {
      const { shortCircuit, ignoreDownstreamTriggerRules = true } = task;
      return { operator: 'short-circuit', with: { condition: shortCircuit, ignoreDownstreamTriggerRules } };
    }
  }
  return { operator: 'case', with: {} };
}

function expandOf(task: CaseTask): Json[] | string | undefined {
  if (task.expandFrom !== undefined) return `\${{ tasks["${task.expandFrom}"].output }}`;
  if (task.expand === undefined) return undefined;
  return Array.from(
    { length: typeof task.expand === 'number' ? task.expand : task.expand.length },
    (_, i) => i,
  );
}

/** What the instance comes to after all its attempts: retrying is not the state machine's. */
function outcomeOf(task: CaseTask, mapIndex: number | undefined): Behaviour {
  const listed = Array.isArray(task.expand) ? task.expand : task.behaviours;
  const behaviour = (mapIndex === undefined ? undefined : listed?.[mapIndex]) ?? task.behaviour ?? 'success';
  if (behaviour === 'skip' && !task.failTimes) return 'skip';
  return (task.failTimes ?? 0) > (task.retries ?? 0) ? 'fail' : behaviour;
}

type Order = (active: readonly string[]) => number;

const orders: Record<string, Order> = {
  'first come, first served': () => 0,
  'last come, first served': (active) => active.length - 1,
  shuffled: (() => {
    let seed = 7;
    return (active) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % active.length;
    };
  })(),
};

function drive({ tasks }: Case, pick: Order) {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const document: DagDocument = {
    dagId: 'case',
    tags: [],
    timezone: 'UTC',
    catchupWindow: 0,
    jitter: 0,
    params: {},
    groups: {},
    tasks: tasks.map(toSpec),
  };
  const time = '2025-01-01T00:00:00.000Z';
  const run = new DagRun(document, {
    params: {},
    config: {},
    run: { id: 'r', logicalDate: time, dataIntervalStart: time, dataIntervalEnd: time, latest: true },
  });
  const active: { key: string; taskId: string; mapIndex?: number }[] = [];
  for (;;) {
    for (const decision of run.next()) {
      if (decision.kind === 'finished') return { run, runState: decision.state };
      active.push(decision.instance);
    }
    const [instance] = active.splice(pick(active.map(({ key }) => key)), 1);
    if (instance === undefined) throw new Error('the run hangs');
    const task = byId.get(instance.taskId);
    if (task === undefined) throw new Error(`unknown task ${instance.taskId}`);
    const outcome = outcomeOf(task, instance.mapIndex);
    const output = Array.from({ length: task.outputLength ?? 0 }, (_, index) => index);
    if (outcome === 'success') run.settle(instance.key, { state: 'success', output });
    else run.settle(instance.key, { state: outcome === 'fail' ? 'failed' : 'skipped' });
  }
}

function statesOf(run: DagRun): Record<string, string | string[]> {
  const states: Record<string, string | string[]> = {};
  for (const { taskId, mapIndex, state } of run.instances()) {
    const name = state === 'upstreamFailed' ? 'upstream_failed' : state;
    const list = states[taskId];
    if (mapIndex === undefined) states[taskId] = name;
    else if (Array.isArray(list)) list.push(name);
    else states[taskId] = [name];
  }
  return states;
}

describe('recorded task-run semantics', () => {
  for (const testCase of cases) {
    it(testCase.name, () => {
      for (const [order, pick] of Object.entries(orders)) {
        const { run, runState } = drive(testCase, pick);
        expect(statesOf(run), order).toEqual(testCase.expected);
        expect(runState, order).toBe(testCase.runState);
      }
    });
  }
});
