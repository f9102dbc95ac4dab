import { planRemovals, type Removal, type Retention } from './plan.js';
import { runsOfDatasets } from './references.js';
import { readStoredRuns, type StoredRun } from './stored-runs.js';

/** How a run stands by those who know: `unknown` when the server has forgotten it, or never knew it. */
export type Standing = 'open' | 'closed' | 'unknown';

export type Collection = {
  removals: Removal[];
  /** Runs that would be due but are open. */
  open: StoredRun[];
  /** Runs that would be due, of which the server knows nothing though their records never were closed: left alone. */
  unclear: StoredRun[];
  /** Folders that nobody knows: left alone. */
  strange: string[];
};

export type CollectOptions = {
  /** Absolute. */
  dataRoot: string;
  retention: Retention;
  /** Only data of this DAG. */
  dagId?: string | undefined;
  standingOf(run: StoredRun): Promise<Standing>;
  /** Whether runs that are unclear count as ended. */
  forgotten: boolean;
  now: number;
};

/** Whether a run's record was never closed. */
export const isRecordOpen = ({ record: { state } }: StoredRun): boolean =>
  state === 'running' || state === 'held';

/** Finds what to remove. Only of runs that are due is asked how they stand. */
export async function collect(options: CollectOptions): Promise<Collection> {
  const { dataRoot, retention, dagId, standingOf, forgotten, now } = options;
  const { runs, strange } = await readStoredRuns(dataRoot);
  const pinned = await runsOfDatasets(dataRoot);
  const chosen = (run: StoredRun): boolean => dagId === undefined || run.dagId === dagId;
  const plan = (isOpen: (run: StoredRun) => boolean): Removal[] =>
    planRemovals(runs, retention, now, { dataRoot, isOpen, pinned, chosen });
  const open = new Set<StoredRun>();
  const unclear = new Set<StoredRun>();
  for (const { run } of plan(() => false)) {
    const standing = await standingOf(run);
    if (standing === 'open') open.add(run);
    if (standing === 'unknown' && isRecordOpen(run) && !forgotten) unclear.add(run);
  }
  const removals = plan((run) => open.has(run) || unclear.has(run));
  return { removals, open: [...open], unclear: [...unclear], strange };
}
