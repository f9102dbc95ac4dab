import type { Behaviour, CaseTask, States } from '../../../conformance/case.js';
import { statesOf } from '../../../conformance/difference.js';

/**
 * A small model of Airflow's scheduler, to compare the state machine with on random cases: after each task that has
 * finished it looks at all tasks, over and over, and what a task becomes depends on when it is looked at.
 */

type State = 'none' | 'running' | 'success' | 'failed' | 'skipped' | 'upstream_failed';

interface Instance {
  task: CaseTask;
  index: number;
  state: State;
}

interface Counts {
  total: number;
  done: number;
  success: number;
  failed: number;
  skipped: number;
  upstreamFailed: number;
  setups: number;
  setupSuccess: number;
  setupSkipped: number;
}

const isDone = (state: State) => state !== 'none' && state !== 'running';

export interface ModelRun {
  states: States;
  runState: 'success' | 'failed';
}

/** @returns undefined when a task was skipped while or after it ran, which has no counterpart */
export function runModel(
  tasks: readonly CaseTask[],
  pick: (running: number) => number,
  mappedDependencyFirst: boolean,
): ModelRun | undefined {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const downstream = (id: string) => tasks.filter((task) => task.upstream.includes(id));
  const reach = (id: string, next: (id: string) => string[], found = new Set<string>()): Set<string> => {
    for (const each of next(id)) {
      if (found.has(each)) continue;
      found.add(each);
      reach(each, next, found);
    }
    return found;
  };
  const descendants = (id: string) => reach(id, (each) => downstream(each).map((task) => task.id));
  const ancestors = (id: string) => reach(id, (each) => byId.get(each)?.upstream ?? []);

  let instances: Instance[] = tasks.flatMap((task) => {
    const length = Array.isArray(task.expand) ? task.expand.length : (task.expand ?? 0);
    if (length === 0) return [{ task, index: -1, state: 'none' as State }];
    return Array.from({ length }, (_, index) => ({ task, index, state: 'none' as State }));
  });
  const skipDecisions = new Map<string, (id: string) => boolean>();
  let broken = false;

  const count = (ids: ReadonlySet<string>): Counts => {
    const counts: Counts = {
      total: 0,
      done: 0,
      success: 0,
      failed: 0,
      skipped: 0,
      upstreamFailed: 0,
      setups: 0,
      setupSuccess: 0,
      setupSkipped: 0,
    };
    for (const { task, state } of instances) {
      if (!ids.has(task.id)) continue;
      counts.total++;
      if (task.setup) counts.setups++;
      if (!isDone(state)) continue;
      counts.done++;
      if (state === 'success') counts.success++;
      if (state === 'failed') counts.failed++;
      if (state === 'skipped') counts.skipped++;
      if (state === 'upstream_failed') counts.upstreamFailed++;
      if (task.setup && state === 'success') counts.setupSuccess++;
      if (task.setup && state === 'skipped') counts.setupSkipped++;
    }
    return counts;
  };

  const relevantSetups = (task: CaseTask): Set<string> => {
    const teardownsBelow = new Set([...descendants(task.id)].filter((id) => byId.get(id)?.teardown));
    return new Set(
      [...ancestors(task.id)].filter((id) => {
        if (!byId.get(id)?.setup || task.upstream.includes(id)) return false;
        const teardowns = downstream(id).filter((each) => each.teardown);
        return teardowns.length === 0 || teardowns.some((each) => teardownsBelow.has(each.id));
      }),
    );
  };
  const setupsOf = new Map(tasks.map((task) => [task.id, relevantSetups(task)]));

  const triggerRule = ({ task }: Instance): State | 'run' | 'wait' => {
    if (task.upstream.length === 0 || task.triggerRule === 'always') return 'run';
    let blocked = false;
    const setups = setupsOf.get(task.id) ?? new Set();
    if (!task.teardown && setups.size > 0) {
      const c = count(setups);
      if (c.failed + c.upstreamFailed > 0) return 'upstream_failed';
      if (c.skipped > 0) return 'skipped';
      blocked = c.success < c.total;
    }
    const verdict = rule(task.triggerRule, count(new Set(task.upstream)));
    return verdict === 'run' && blocked ? 'wait' : verdict;
  };

  const mappedDependency = ({ task }: Instance): State | 'run' | 'wait' => {
    if (task.expandFrom === undefined) return 'run';
    const source = instances.find((each) => each.task.id === task.expandFrom && each.index === -1);
    if (source === undefined || !isDone(source.state) || source.state === 'success') return 'run';
    return source.state === 'skipped' ? 'skipped' : 'upstream_failed';
  };

  const look = (instance: Instance): void => {
    for (const parent of instance.task.upstream) {
      if (skipDecisions.get(parent)?.(instance.task.id)) {
        instance.state = 'skipped';
        return;
      }
    }
    const unmapped = instance.index === -1;
    const dependency = unmapped ? mappedDependency(instance) : 'run';
    const verdict = triggerRule(instance);
    const ends = (mappedDependencyFirst ? [dependency, verdict] : [verdict, dependency]).filter(
      (end) => end !== 'run' && end !== 'wait',
    ) as State[];
    const last = ends.at(-1);
    if (last !== undefined) {
      // The check of mapped dependencies leaves a failure as it is; the trigger rule overwrites.
      instance.state = !mappedDependencyFirst && ends[0] === 'upstream_failed' ? 'upstream_failed' : last;
      return;
    }
    if (verdict !== 'run' || dependency !== 'run') return;
    if (unmapped && (instance.task.expandFrom !== undefined || instance.task.expand !== undefined)) {
      expand(instance);
    } else {
      instance.state = 'running';
    }
  };

  const expand = (instance: Instance): void => {
    const { task } = instance;
    const source = byId.get(task.expandFrom ?? '');
    const ofSource = instances.filter((each) => each.task.id === task.expandFrom);
    if (ofSource.some((each) => !isDone(each.state))) {
      instance.state = 'upstream_failed';
      return;
    }
    const mapped = ofSource.some((each) => each.index >= 0);
    const length =
      source === undefined
        ? 0
        : mapped
          ? ofSource.filter((each) => each.state === 'success').length
          : (source.outputLength ?? 0);
    if (length === 0) {
      instance.state = 'skipped';
      return;
    }
    const made = Array.from({ length }, (_, index): Instance => ({ task, index, state: 'running' }));
    instances = instances.flatMap((each) => (each === instance ? made : [each]));
  };

  const finish = (instance: Instance): void => {
    const { task, index } = instance;
    const listed: Behaviour[] = Array.isArray(task.expand) ? task.expand : task.behaviours;
    const last = task.failTimes > task.retries ? 'fail' : task.behaviour;
    const behaviour = (index < 0 ? undefined : listed[index]) ?? last;
    instance.state = behaviour === 'success' ? 'success' : behaviour === 'fail' ? 'failed' : 'skipped';
    if (behaviour !== 'success') return;
    let skipped: string[] = [];
    if (task.branch !== undefined) {
      const follow = new Set([...task.branch, ...task.branch.flatMap((id) => [...descendants(id)])]);
      skipped = downstream(task.id)
        .map(({ id }) => id)
        .filter((id) => !follow.has(id));
    } else if (task.shortCircuit === false) {
      const below =
        task.ignoreDownstreamTriggerRules === false
          ? downstream(task.id).map(({ id }) => id)
          : [...descendants(task.id)];
      skipped = below.filter((id) => !byId.get(id)?.teardown);
    } else return;
    skipDecisions.set(task.id, (id) => skipped.includes(id));
    for (const each of instances) {
      if (each.index !== -1 || !skipped.includes(each.task.id)) continue;
      if (each.state === 'running' || each.state === 'success' || each.state === 'failed') broken = true;
      each.state = 'skipped';
    }
  };

  for (;;) {
    for (let before = ''; before !== fingerprint(instances); ) {
      before = fingerprint(instances);
      for (const instance of instances) if (instance.state === 'none') look(instance);
    }
    const running = instances.filter(({ state }) => state === 'running');
    if (running.length === 0) break;
    const next = running[pick(running.length)];
    if (next !== undefined) finish(next);
  }
  if (broken) return undefined;
  const ended = instances.map(({ task, index, state }) => ({
    key: index < 0 ? task.id : `${task.id}[${index}]`,
    state,
  }));
  return { states: statesOf(ended), runState: runStateOf(tasks, instances) };
}

function rule(name: CaseTask['triggerRule'], c: Counts): State | 'run' | 'wait' {
  const bad = c.failed + c.upstreamFailed;
  const all = c.done >= c.total;
  switch (name) {
    case 'all_success':
      return bad > 0 ? 'upstream_failed' : c.skipped > 0 ? 'skipped' : all ? 'run' : 'wait';
    case 'all_failed':
      return c.success + c.skipped > 0 ? 'skipped' : all ? 'run' : 'wait';
    case 'one_success':
      if (c.success > 0) return 'run';
      return !all ? 'wait' : c.done === c.skipped ? 'skipped' : 'upstream_failed';
    case 'one_failed':
      return bad > 0 ? 'run' : all ? 'skipped' : 'wait';
    case 'one_done':
      return c.success + c.failed > 0 ? 'run' : all ? 'skipped' : 'wait';
    case 'none_failed':
      return bad > 0 ? 'upstream_failed' : all ? 'run' : 'wait';
    case 'none_failed_min_one_success':
      if (bad > 0) return 'upstream_failed';
      return c.skipped === c.total ? 'skipped' : all ? 'run' : 'wait';
    case 'none_skipped':
      return c.skipped > 0 ? 'skipped' : all ? 'run' : 'wait';
    case 'all_skipped':
      return c.success + bad > 0 ? 'skipped' : all ? 'run' : 'wait';
    case 'all_done_min_one_success':
      if (c.skipped > 0) return 'skipped';
      return !all ? 'wait' : c.success === 0 ? 'upstream_failed' : 'run';
    case 'all_done_setup_success':
      if (!all) return 'wait';
      if (c.setups > 0 && c.setupSkipped >= c.setups) return 'skipped';
      return c.setups > 0 && c.setupSuccess === 0 ? 'upstream_failed' : 'run';
    case 'all_done':
      return all ? 'run' : 'wait';
    default:
      return 'run';
  }
}

function fingerprint(instances: readonly Instance[]): string {
  return instances.map(({ state }) => state).join();
}

function runStateOf(tasks: readonly CaseTask[], instances: readonly Instance[]): 'success' | 'failed' {
  const counts = (task: CaseTask) => !task.teardown || task.onFailureFailDagrun === true;
  const below = (task: CaseTask) => tasks.filter(({ upstream }) => upstream.includes(task.id));
  let leaves = tasks.filter((task) => counts(task) && !below(task).some(counts));
  if (leaves.length === 0) leaves = tasks.filter((task) => below(task).length === 0);
  const bad = instances.some(
    ({ task, state }) => leaves.includes(task) && (state === 'failed' || state === 'upstream_failed'),
  );
  return bad ? 'failed' : 'success';
}

const someOrders = [
  [0],
  [1_000_000],
  ...Array.from({ length: 10 }, (_, seed) =>
    Array.from({ length: 31 }, (_, i) => (seed * 7919 + i * i * 104_729) % 9973),
  ),
];

/** What the model gives in each of several orders of finishing; undefined when they differ. */
export function agreed(tasks: readonly CaseTask[]): ModelRun | undefined {
  let first: ModelRun | undefined;
  for (const numbers of someOrders) {
    for (const mappedDependencyFirst of [true, false]) {
      let step = 0;
      const pick = (count: number) => (numbers[step++ % numbers.length] ?? 0) % count;
      const result = runModel(tasks, pick, mappedDependencyFirst);
      if (result === undefined) return undefined;
      first ??= result;
      if (JSON.stringify(result) !== JSON.stringify(first)) return undefined;
    }
  }
  return first;
}
