import type { Behaviour, CaseTask, States } from '../../../conformance/case.js';
import { statesOf } from '../../../conformance/difference.js';
import { type Counts, rule, type State } from './airflow-rules.js';

/**
 * A small model of Airflow's scheduler, to compare the state machine with on random cases. It was itself compared with
 * Airflow 3.3.2. After each task that has finished it looks at all tasks, by id, over and over until nothing changes;
 * in each look it sees what had finished before.
 */

/** What is checked of a task: whether a branch skipped it, its trigger rule, what it is mapped over. */
type Check = 'skipped' | 'rule' | 'mapped';

interface Instance {
  task: CaseTask;
  index: number;
  state: State;
}

const isDone = (state: State) => state !== 'none' && state !== 'scheduled';

export interface ModelRun {
  states: States;
  runState: 'success' | 'failed';
}

interface Schedule {
  /** Which of the scheduled instances ends next. */
  pick: (scheduled: number) => number;
  /** The order in which a task's dependencies are checked: in Airflow that of a set of classes. */
  checks: readonly Check[];
}

function runModel(tasks: readonly CaseTask[], { pick, checks }: Schedule): ModelRun {
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

  const instances: Instance[] = tasks.flatMap((task) => {
    const length = Array.isArray(task.expand) ? task.expand.length : (task.expand ?? 0);
    if (length === 0) return [{ task, index: -1, state: 'none' as State }];
    return Array.from({ length }, (_, index) => ({ task, index, state: 'none' as State }));
  });
  /** By task that decided, those that it skips. */
  const skips = new Map<string, readonly string[]>();
  /** What had ended when the scheduler began to look at all tasks: it sees nothing else while it does. */
  let ended: Instance[] = [];

  const count = (ids: ReadonlySet<string>): Counts => {
    const all = instances.filter(({ task }) => ids.has(task.id));
    const done = ended.filter(({ task }) => ids.has(task.id));
    const of = (state: State, among = done) => among.filter((each) => each.state === state).length;
    const setups = done.filter(({ task }) => task.setup);
    return {
      total: all.length,
      done: done.length,
      success: of('success'),
      failed: of('failed'),
      skipped: of('skipped'),
      upstreamFailed: of('upstream_failed'),
      setups: all.filter(({ task }) => task.setup).length,
      setupSuccess: of('success', setups),
      setupSkipped: of('skipped', setups),
    };
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
  const inScopeOf = new Map(
    tasks.map((task) => {
      const setups = task.upstream.filter((id) => byId.get(id)?.setup);
      const below = new Set(setups.flatMap((id) => [...descendants(id)]));
      const between = [...ancestors(task.id)].filter((id) => !task.upstream.includes(id) && below.has(id));
      return [task.id, new Set(task.teardown ? between : [])];
    }),
  );

  /** Checks that leave an instance alone, end it, or hold it back. @returns whether it may start */
  const check: Record<Check, (instance: Instance) => boolean> = {
    skipped: (instance) => {
      const { task } = instance;
      const known = new Set(ended.map((each) => each.task.id));
      const skipped = task.upstream.some((id) => known.has(id) && skips.get(id)?.includes(task.id));
      if (skipped) instance.state = 'skipped';
      return !skipped;
    },
    rule: (instance) => {
      const { task } = instance;
      if (task.upstream.length === 0 || task.triggerRule === 'always') return true;
      let held = false;
      const setups = setupsOf.get(task.id) ?? new Set();
      if (!task.teardown && setups.size > 0) {
        const c = count(setups);
        const state =
          c.failed + c.upstreamFailed > 0 ? 'upstream_failed' : c.skipped > 0 ? 'skipped' : instance.state;
        const changed = instance.state !== state;
        instance.state = state;
        held = c.success < c.total;
        if (held && changed) return false;
      }
      const verdict = rule(task.triggerRule, count(new Set(task.upstream)));
      if (verdict !== 'run' && verdict !== 'wait') instance.state = verdict;
      const scope = count(inScopeOf.get(task.id) ?? new Set());
      return verdict === 'run' && !held && scope.done >= scope.total;
    },
    mapped: (instance) => {
      const source = instances.find((each) => each.task.id === instance.task.expandFrom && each.index === -1);
      if (source === undefined || !isDone(source.state) || source.state === 'success') return true;
      if (instance.state !== 'failed' && instance.state !== 'upstream_failed') {
        instance.state = source.state === 'skipped' ? 'skipped' : 'upstream_failed';
      }
      return false;
    },
  };

  const isMet = (instance: Instance) => checks.map((each) => check[each](instance)).every(Boolean);

  const look = (instance: Instance, more: Instance[]): void => {
    if (!isMet(instance)) return;
    const { task, index } = instance;
    if (index === -1 && (task.expandFrom !== undefined || task.expand !== undefined)) expand(instance, more);
    else if (instance.state === 'none') instance.state = 'scheduled';
  };

  const expand = (instance: Instance, more: Instance[]): void => {
    const { task } = instance;
    const source = byId.get(task.expandFrom ?? '');
    const ofSource = instances.filter((each) => each.task.id === task.expandFrom);
    if (ofSource.some((each) => !isDone(each.state))) {
      instance.state = 'upstream_failed';
      return;
    }
    const mapped = ofSource.some((each) => each.index >= 0);
    const succeeded = ofSource.filter((each) => each.state === 'success').length;
    const length = mapped ? succeeded : (source?.outputLength ?? 0);
    if (length === 0) {
      instance.state = 'skipped';
      return;
    }
    const made = Array.from({ length }, (_, index): Instance => ({ task, index, state: instance.state }));
    instances.splice(instances.indexOf(instance), 1, ...made);
    more.push(...made);
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
    skips.set(task.id, skipped);
    for (const each of instances) {
      const safe = each.state === 'success' || each.state === 'failed';
      if (each.index === -1 && skipped.includes(each.task.id) && !safe) each.state = 'skipped';
    }
  };

  const byName = (a: Instance, b: Instance) =>
    a.task.id === b.task.id ? a.index - b.index : a.task.id < b.task.id ? -1 : 1;
  const pass = () => {
    const before = fingerprint(instances);
    const open = instances.filter(({ state }) => state === 'none').sort(byName);
    ended = instances.filter(({ state }) => isDone(state)).map((each) => ({ ...each }));
    for (const instance of open) look(instance, open);
    if (fingerprint(instances) !== before) return;
    // With nothing to do it makes sure that something can still come: that check, too, may end what it looks at.
    instances
      .filter(({ state }) => !isDone(state))
      .sort(byName)
      .some(isMet);
  };

  for (;;) {
    for (let before = ''; before !== fingerprint(instances); ) {
      before = fingerprint(instances);
      pass();
    }
    const scheduled = instances.filter(({ state }) => state === 'scheduled');
    const next = scheduled[pick(scheduled.length)];
    if (next === undefined) break;
    finish(next);
  }
  const ends = instances.map(({ task, index, state }) => ({
    key: index < 0 ? task.id : `${task.id}[${index}]`,
    state,
  }));
  return { states: statesOf(ends), runState: runStateOf(tasks, instances) };
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

const allChecks: readonly Check[][] = [
  ['skipped', 'rule', 'mapped'],
  ['mapped', 'rule', 'skipped'],
  ['rule', 'skipped', 'mapped'],
  ['skipped', 'mapped', 'rule'],
  ['mapped', 'skipped', 'rule'],
  ['rule', 'mapped', 'skipped'],
];

/** What the model gives in each of so many orders of finishing; undefined when they differ. */
export function agreed(tasks: readonly CaseTask[], orders = 12): ModelRun | undefined {
  const isMapped = tasks.some(({ expand, expandFrom }) => expand !== undefined || expandFrom !== undefined);
  let first: ModelRun | undefined;
  for (let order = 0; order < orders; order++) {
    for (const checks of isMapped ? allChecks : allChecks.slice(0, 1)) {
      const result = runModel(tasks, { pick: pickIn(order), checks });
      first ??= result;
      if (JSON.stringify(result) !== JSON.stringify(first)) return undefined;
    }
  }
  return first;
}

/** First come first, last come first, and then shuffled orders. */
function pickIn(order: number): Schedule['pick'] {
  if (order === 0) return () => 0;
  if (order === 1) return (count) => count - 1;
  let random = order * 7_919;
  return (count) => {
    random = (random * 48_271) % 2_147_483_647;
    return random % count;
  };
}
