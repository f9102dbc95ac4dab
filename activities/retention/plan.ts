import { relative } from 'node:path';
import { referringParts, runsReferredTo } from './references.js';
import type { StoredRun } from './stored-runs.js';

/** What is to be left. */
export type Retention = {
  /** Runs of each DAG that keep their data, the last started ones. */
  keep?: number;
  /** Runs that ended within so many milliseconds keep their data. */
  olderThan?: number;
  /** Whether whole runs go, with their records and logs. */
  records: boolean;
};

/** What is removed of a run, and why. */
export type Removal = {
  run: StoredRun;
  what: 'run' | 'data' | 'uncommitted';
  /** Paths relative to the run's folder; the folder itself for `run`. */
  paths: string[];
  bytes: number;
};

/** What failed tries left is kept for a day, so that people can look at it. */
const debrisAge = 86_400_000;

export const endOf = ({ record: { finishedAt, startedAt } }: StoredRun): number =>
  Date.parse(finishedAt ?? startedAt);

/**
 * What to remove of the runs of a data root. Never of a run that is open, that is its DAG's current one, or that a run
 * which is kept, or the last update of a dataset, refers to.
 *
 * @param runs all runs, the last started first
 * @param isOpen whether a run may still be worked on
 * @param pinned folders `<dagId>/<run>` that stay whatever their age
 * @param chosen narrows what is removed, not what may refer to it
 */
export function planRemovals(
  runs: readonly StoredRun[],
  { keep, olderThan, records }: Retention,
  now: number,
  {
    dataRoot,
    isOpen,
    pinned,
    chosen = () => true,
  }: {
    dataRoot: string;
    isOpen: (run: StoredRun) => boolean;
    pinned: ReadonlySet<string>;
    chosen?: (run: StoredRun) => boolean;
  },
): Removal[] {
  const idOf = (run: StoredRun): string => relative(dataRoot, run.folder);
  const hasData = ({ generations }: StoredRun): boolean => generations.length > 0;
  const seen = new Map<string, number>();
  const expired = new Set<string>();
  for (const run of runs) {
    const place = seen.get(run.dagId) ?? 0;
    if (hasData(run) || records) seen.set(run.dagId, place + 1);
    const isBeyond = keep !== undefined && place >= keep;
    const isOld = olderThan !== undefined && now - endOf(run) > olderThan;
    const isDue = keep === undefined ? isOld : olderThan === undefined ? isBeyond : isBeyond && isOld;
    if (isDue && chosen(run) && !run.current && !isOpen(run) && !pinned.has(idOf(run)))
      expired.add(idOf(run));
  }
  spareReferredTo(runs, expired, dataRoot, idOf);
  return runs.flatMap((run): Removal[] => {
    if (expired.has(idOf(run))) {
      if (records) return [{ run, what: 'run', paths: ['.'], bytes: run.bytes }];
      return hasData(run) ? [removal(run, 'data')] : [];
    }
    const isLookedAt = now - endOf(run) <= (olderThan ?? debrisAge);
    if (isOpen(run) || isLookedAt || !chosen(run)) return [];
    return run.generations.some(({ committed }) => !committed) ? [removal(run, 'uncommitted')] : [];
  });
}

/** Takes out of `expired` what the rest refers to, and then what that refers to. */
function spareReferredTo(
  runs: readonly StoredRun[],
  expired: Set<string>,
  dataRoot: string,
  idOf: (run: StoredRun) => string,
): void {
  const byId = new Map(runs.map((run) => [idOf(run), run]));
  const kept = [...byId.keys()].filter((id) => !expired.has(id));
  for (let id = kept.pop(); id !== undefined; id = kept.pop()) {
    const run = byId.get(id);
    if (run === undefined) continue;
    for (const other of runsReferredTo(referringParts(run), dataRoot))
      if (expired.delete(other)) kept.push(other);
  }
}

function removal(run: StoredRun, what: 'data' | 'uncommitted'): Removal {
  const gone = run.generations.filter(({ committed }) => what === 'data' || !committed);
  return {
    run,
    what,
    paths: gone.map(({ path }) => path),
    bytes: gone.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
