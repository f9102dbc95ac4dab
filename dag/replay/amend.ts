import type { RestoredInstance } from '../decision.js';
import type { DagDocument } from '../document.js';
import { TaskGraph } from '../graph.js';
import type { Json } from '../json.js';
import type { ReadArgument, RunUpdateName } from '../run-updates.js';
import { isFinal, type TaskState } from '../states.js';
import { type Chosen, Followers, isChosen, partsOf } from './again.js';
import { chosenOf, failedInstances, instancesNamed } from './select.js';

/** An instance of a run that is held. */
export type HeldInstance = {
  key: string;
  state: TaskState;
  reason?: string | undefined;
  output?: Json | undefined;
  stats?: Json | undefined;
  reused: boolean;
  byHand?: true | undefined;
};

/** What a held run is told to do with its tasks. */
export type Amendment = {
  /** The instances that it is about. */
  tasks: string[];
  /** What runs again: those, and what follows from them. */
  again: Chosen;
  /** Those among them that take up where their last try ended; the others start over. */
  resumed: ReadonlySet<string>;
  /** How instances end by hand. */
  ends: Readonly<Record<string, RestoredInstance>>;
  /** What goes on as it was. */
  restored: Readonly<Record<string, RestoredInstance>>;
};

/**
 * What follows from an Update.
 * @param permanent Failed instances whose failure no retry mends: trying them again starts over
 * @throws Error that says in a line why it can't be
 */
export function amend(
  dag: DagDocument,
  instances: readonly HeldInstance[],
  {
    name,
    argument,
    permanent,
  }: { name: RunUpdateName; argument: ReadArgument; permanent: ReadonlySet<string> },
): Amendment {
  const about = named(name, argument, instances);
  const tasks = about.map(({ key }) => key);
  const followers = new Followers(dag);
  const byHand = name === 'skipTask' || name === 'markSuccess';
  const ends: Record<string, RestoredInstance> = {};
  if (byHand) for (const key of tasks) ends[key] = endByHand(name, argument.output);

  const chosen = chosenOf(about);
  const wider = argument.upstream ? followers.withUpstream(chosen) : chosen;
  const again = followers.withSetups(argument.downstream === false ? wider : followers.withDownstream(wider));
  const below = followers.withDownstream(again);
  const restored: Record<string, RestoredInstance> = { ...ends };
  for (const instance of instances) {
    const { key, state } = instance;
    if (key in ends || !isFinal(state) || isChosen(again, key)) continue;
    // What was never tried follows anew from what is tried again.
    const followed = state === 'upstreamFailed' || isDerivedSkip(instance);
    if (followed && isChosen(below, key)) continue;
    restored[key] = restore(instance, state);
  }
  const startsOver = argument.startOver ?? (name !== 'retryTask' || argument.params !== undefined);
  const graph = new TaskGraph(dag.tasks);
  const behindOthers = new Set(
    [...chosen.keys()].filter((id) => [...graph.ancestors(id)].some((above) => again.has(above))),
  );
  const resumed = startsOver
    ? []
    : tasks.filter(
        (key) =>
          !behindOthers.has(partsOf(key).taskId) && (argument.startOver === false || !permanent.has(key)),
      );
  return { tasks, again, resumed: new Set(resumed), ends, restored };
}

function named(
  name: RunUpdateName,
  { tasks, onlyFailed }: ReadArgument,
  instances: readonly HeldInstance[],
): HeldInstance[] {
  if (name !== 'clearTasks' || tasks === undefined) return failedInstances(tasks, instances);
  const all = instancesNamed(tasks, instances);
  const failed = all.filter(({ state }) => state === 'failed' || state === 'upstreamFailed');
  if (!onlyFailed) return all;
  if (failed.length === 0) throw new Error(`none of these tasks has failed: ${tasks.join(', ')}`);
  return failed;
}

const endByHand = (name: RunUpdateName, output: Json = null): RestoredInstance =>
  name === 'skipTask'
    ? { state: 'skipped', reason: 'skipped by hand', byHand: true }
    : { state: 'success', output, reason: 'marked as succeeded by hand', byHand: true };

function restore(
  { reason, output, stats, reused, byHand }: HeldInstance,
  state: RestoredInstance['state'],
): RestoredInstance {
  return {
    state,
    ...(reason === undefined ? {} : { reason }),
    ...(output === undefined ? {} : { output }),
    ...(stats === undefined ? {} : { stats }),
    ...(reused ? { reused } : {}),
    ...(byHand ? { byHand } : {}),
  };
}

/** Whether a task was skipped by what happened around it, not by its operator or by hand: that follows anew. */
export const isDerivedSkip = ({
  state,
  stats,
  byHand,
}: {
  state: string;
  stats?: unknown;
  byHand?: boolean | undefined;
}): boolean => state === 'skipped' && (stats === undefined || stats === null) && byHand !== true;

/** How often instances were cleared, by key; an entry of a mapped task's id counts for instances without one. */
export type ClearCounts = Readonly<Record<string, number>>;

export const timesCleared = (counts: ClearCounts | undefined, key: string): number =>
  counts?.[key] ?? counts?.[partsOf(key).taskId] ?? 0;

/** The counts when an amendment is carried out. */
export function clearCountsAfter(before: ClearCounts, { again, resumed, ends }: Amendment): ClearCounts {
  const counts = { ...before };
  for (const [id, part] of again) {
    if (part === 'all') {
      if (resumed.has(id) || id in ends) continue;
      const former = Object.keys(before).filter((key) => partsOf(key).taskId === id);
      for (const key of former) if (key !== id) delete counts[key];
      counts[id] = 1 + Math.max(0, ...former.map((key) => before[key] ?? 0));
      continue;
    }
    for (const index of part) {
      const key = `${id}[${index}]`;
      if (!resumed.has(key) && !(key in ends)) counts[key] = 1 + timesCleared(before, key);
    }
  }
  return counts;
}
