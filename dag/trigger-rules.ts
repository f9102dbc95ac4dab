/** Trigger rules, named and meant as in Airflow. */
export const triggerRules = [
  'all_success',
  'all_failed',
  'all_done',
  'all_done_min_one_success',
  'all_done_setup_success',
  'all_skipped',
  'one_success',
  'one_failed',
  'one_done',
  'none_failed',
  'none_failed_min_one_success',
  'none_skipped',
  'always',
] as const;

export type TriggerRule = (typeof triggerRules)[number];

/** Upstream task instances by final state; every instance of a mapped task counts, one not yet expanded counts once. */
export interface UpstreamCounts {
  total: number;
  success: number;
  failed: number;
  upstreamFailed: number;
  skipped: number;
  /** Those of the skipped that had been upstream_failed before. */
  overruled: number;
  /** Those of setup tasks among them. */
  setups: number;
  setupsSucceeded: number;
  setupsSkipped: number;
}

export function noUpstream(): UpstreamCounts {
  return {
    total: 0,
    success: 0,
    failed: 0,
    upstreamFailed: 0,
    skipped: 0,
    overruled: 0,
    setups: 0,
    setupsSucceeded: 0,
    setupsSkipped: 0,
  };
}

/** What a task may do, and why. */
export interface Verdict {
  verdict: 'run' | 'wait' | 'skip' | 'upstreamFailed';
  reason: string;
  /** Whether it could not have been given before all upstreams had ended. */
  awaited: boolean;
}

type End = 'run' | 'skip' | 'upstreamFailed';

interface Rule {
  /** A verdict that stands whatever the unfinished upstreams come to. */
  early: (counts: UpstreamCounts) => End | undefined;
  /** The verdict once all upstreams have ended, when there was no early one. */
  late: (counts: UpstreamCounts) => End;
}

/**
 * What a rule makes of the upstream states so far. No verdict but `wait` changes when more upstreams finish, in
 * whatever order they do, so it can be carried out as soon as it is given.
 */
export function verdictOf(name: TriggerRule, counts: UpstreamCounts): Verdict['verdict'] {
  if (counts.total === 0) return 'run';
  const { early, late } = rules[name];
  return early(counts) ?? (unfinished(counts) > 0 ? 'wait' : late(counts));
}

/** The same with what is to be said about it. */
export function evaluateTriggerRule(name: TriggerRule, counts: UpstreamCounts): Verdict {
  const verdict = verdictOf(name, counts);
  const awaited = counts.total <= 1 ? name !== 'always' : rules[name].early(counts) === undefined;
  const reason = `${name} ${verdict === 'run' ? 'is met' : verdict === 'wait' ? 'waits' : 'is not met'}`;
  return { verdict, reason: `${reason}: ${describeCounts(counts)}`, awaited: awaited && verdict !== 'wait' };
}

const never = () => undefined;

const rules: Record<TriggerRule, Rule> = {
  // Airflow takes whichever it sees first, the failure or the skip. Here a skip decides only when all have ended.
  all_success: {
    early: (counts) => (broken(counts) > 0 ? 'upstreamFailed' : undefined),
    late: (counts) => (counts.skipped > 0 ? 'skip' : 'run'),
  },
  all_failed: {
    early: (counts) => (counts.success + counts.skipped > 0 ? 'skip' : undefined),
    late: () => 'run',
  },
  all_done: { early: never, late: () => 'run' },
  all_done_min_one_success: {
    early: (counts) => (counts.skipped > 0 ? 'skip' : undefined),
    late: (counts) => (counts.success > 0 ? 'run' : 'upstreamFailed'),
  },
  all_done_setup_success: {
    early: never,
    late: (counts) => {
      if (counts.setups === 0 || counts.setupsSucceeded > 0) return 'run';
      return counts.setupsSkipped === counts.setups ? 'skip' : 'upstreamFailed';
    },
  },
  all_skipped: {
    early: (counts) => (counts.success + broken(counts) > 0 ? 'skip' : undefined),
    late: () => 'run',
  },
  one_success: {
    early: (counts) => (counts.success > 0 ? 'run' : undefined),
    late: (counts) => (broken(counts) > 0 ? 'upstreamFailed' : 'skip'),
  },
  one_failed: {
    early: (counts) => (broken(counts) > 0 ? 'run' : undefined),
    late: () => 'skip',
  },
  one_done: {
    early: (counts) => (counts.success + counts.failed > 0 ? 'run' : undefined),
    late: () => 'skip',
  },
  none_failed: {
    early: (counts) => (broken(counts) > 0 ? 'upstreamFailed' : undefined),
    late: () => 'run',
  },
  none_failed_min_one_success: {
    early: (counts) => (broken(counts) > 0 ? 'upstreamFailed' : undefined),
    late: (counts) => (counts.success > 0 ? 'run' : 'skip'),
  },
  none_skipped: {
    early: (counts) => (counts.skipped > 0 ? 'skip' : undefined),
    late: () => 'run',
  },
  always: { early: () => 'run', late: () => 'run' },
};

/** Those that failed or couldn't run. */
export function broken(counts: Pick<UpstreamCounts, 'failed' | 'upstreamFailed'>): number {
  return counts.failed + counts.upstreamFailed;
}

export function unfinished(counts: UpstreamCounts): number {
  return counts.total - counts.success - counts.failed - counts.upstreamFailed - counts.skipped;
}

/** `of 3 upstream, 2 succeeded, 1 unfinished`. */
function describeCounts(counts: UpstreamCounts): string {
  const parts = [
    [counts.success, 'succeeded'],
    [counts.failed, 'failed'],
    [counts.upstreamFailed, 'upstream failed'],
    [counts.skipped, 'skipped'],
    [unfinished(counts), 'unfinished'],
  ] as const;
  const found = parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return `of ${counts.total} upstream, ${found.join(', ')}`;
}
