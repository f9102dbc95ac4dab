import type { ReusedResult } from '../decision.js';
import type { DagDocument } from '../document.js';
import { TaskGraph } from '../graph.js';
import type { Json } from '../json.js';
import { type Chosen, choose, Followers, isChosen, partsOf } from './again.js';
import { isDerivedSkip } from './amend.js';
import { instancesNamed } from './select.js';

/** An instance of an earlier run, as its record tells of it. */
export type PastInstance = {
  key: string;
  state: string;
  output?: Json;
  stats?: unknown;
  byHand?: boolean;
  stopped?: boolean;
};

/** What of an earlier run is to run again. */
export type ReplaySelection = {
  /** Ids of tasks or keys of instances. Default: those that have no good result, and what is downstream of them. */
  tasks?: readonly string[] | undefined;
  downstream?: boolean | undefined;
  upstream?: boolean | undefined;
  /** Of the tasks, only those without a good result. */
  onlyFailed?: boolean | undefined;
  /** Run just these tasks, or these and what is downstream of them. What has no result beside them is left out. */
  only?: readonly string[] | undefined;
  from?: readonly string[] | undefined;
};

export type ReplayPlan = {
  /** Keys of what runs again; a task that has not been expanded, or that is new in the DAG, by its id. */
  again: string[];
  /** Keys of what keeps its result. */
  reused: string[];
  /** Skipped then by what happened around them: that is found out anew. */
  decided: string[];
  /** Tasks that are not run: neither asked for, nor is there a result. */
  leftOut: string[];
  /** What the new run takes over. */
  results: Record<string, ReusedResult & { reason?: string }>;
};

/** @throws Error that says in a line what can't be */
export function planReplay(
  dag: DagDocument,
  past: readonly PastInstance[],
  selection: ReplaySelection,
): ReplayPlan {
  const graph = new TaskGraph(dag.tasks);
  const ids = new Set(dag.tasks.map(({ id }) => id));
  const known = past.filter(({ key }) => ids.has(partsOf(key).taskId));
  const recorded = new Set(known.map(({ key }) => partsOf(key).taskId));
  const missing = [...ids]
    .filter((id) => !recorded.has(id))
    .map((key): PastInstance => ({ key, state: 'none' }));
  const instances = [...known, ...missing];
  const standing = new Set(known.filter(stands).map(({ key }) => partsOf(key).taskId));
  /** Of a run that was cut off: what has left nothing, and after which nothing has come. */
  const isOpen = (id: string): boolean => ![...graph.descendants(id)].some((below) => standing.has(below));
  const isBad = ({ key, state, stopped }: PastInstance): boolean =>
    state === 'failed' || stopped === true || (!isEnd(state) && isOpen(partsOf(key).taskId));

  const partial = selection.only ?? selection.from;
  const names = partial ?? selection.tasks;
  const wanted = names === undefined ? instances.filter(isBad) : instancesNamed(names, instances);
  const chosen: Chosen = new Map();
  for (const instance of wanted) {
    if (selection.onlyFailed && (stands(instance) || isDerivedSkip(instance))) continue;
    choose(chosen, instance.key);
  }
  const followers = new Followers(dag);
  const downstream =
    selection.only === undefined && (selection.from !== undefined || selection.downstream !== false);
  const wider = selection.upstream ? followers.withUpstream(chosen) : chosen;
  let again = downstream ? followers.withDownstream(wider) : wider;
  const results: ReplayPlan['results'] = {};
  const leftOut: string[] = [];
  if (partial === undefined) {
    // What has no good result runs in any case: there is nothing to reuse.
    again = new Map(again);
    for (const instance of instances)
      if (!stands(instance) && !isDerivedSkip(instance) && isEnd(instance.state)) choose(again, instance.key);
  } else {
    const before = new Set([...again.keys()].flatMap((id) => [...graph.ancestors(id)]));
    for (const id of ids) {
      if (again.has(id) || standing.has(id)) continue;
      const isNeeded =
        before.has(id) &&
        !known.some((each) => partsOf(each.key).taskId === id && isDerivedSkip(each) && !each.stopped);
      if (isNeeded)
        throw new Error(
          `${[...again.keys()].join(', ')} can't run alone: there is no result of '${id}', which comes before; name an earlier run to take it from (replay), or run '${id}' too`,
        );
      leftOut.push(id);
      results[id] = notAskedFor;
    }
    for (const { key, state } of known)
      if (state === 'failed' && !again.has(partsOf(key).taskId)) results[key] = notAskedFor;
  }
  again = followers.withSetups(again);

  const plan: ReplayPlan = { again: [], reused: [], decided: [], leftOut, results };
  for (const instance of instances) {
    const { key, state, output, stats } = instance;
    if (results[key] === notAskedFor || leftOut.includes(partsOf(key).taskId)) continue;
    if (stands(instance) && !isChosen(again, key)) {
      plan.reused.push(key);
      results[key] = {
        state: state as 'success' | 'skipped',
        ...(output === undefined ? {} : { output }),
        ...(stats === undefined ? {} : { stats: stats as Json }),
      };
    } else if (isDerivedSkip(instance) && !instance.stopped && !isChosen(again, key)) plan.decided.push(key);
    else plan.again.push(key);
  }
  return plan;
}

const notAskedFor = { state: 'skipped', reason: 'left out: not asked for', stopped: true } as const;

const isEnd = (state: string): boolean =>
  state === 'success' || state === 'failed' || state === 'upstreamFailed' || state === 'skipped';

/** Whether a result is good for another run. What was skipped by what happened around it is not: that is found out anew. */
const stands = (instance: PastInstance): boolean =>
  instance.state === 'success' || (instance.state === 'skipped' && !isDerivedSkip(instance));
