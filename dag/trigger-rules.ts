/** Trigger rules, named and meant as in Airflow. */
export const triggerRules = [
  'all_success',
  'all_failed',
  'all_done',
  'all_done_min_one_success',
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
}

/** What a task may do, and why. */
export interface Verdict {
  verdict: 'run' | 'wait' | 'skip' | 'upstreamFailed';
  reason: string;
}

/**
 * What a rule makes of the upstream states so far. No verdict but `wait` changes when more upstreams finish, in
 * whatever order they do, so it can be carried out as soon as it is given.
 *
 * Airflow leaves one case to chance: `all_success` over a skip and a failure takes whichever it sees first. Here a
 * failure always wins: a skip decides only when all upstreams are done.
 */
export function evaluateTriggerRule(rule: TriggerRule, counts: UpstreamCounts): Verdict {
  if (counts.total === 0) return run('it has no upstream tasks');
  return rules[rule](counts);
}

const rules: Record<TriggerRule, (counts: UpstreamCounts) => Verdict> = {
  all_success: (counts) => {
    if (broken(counts) > 0) return upstreamFailed(counts, 'all_success');
    if (pending(counts) > 0) return wait(counts);
    if (counts.skipped > 0) return skip(counts, 'all_success');
    return run('all upstream tasks succeeded');
  },
  all_failed: (counts) => {
    if (counts.success + counts.skipped > 0) return skip(counts, 'all_failed');
    if (pending(counts) > 0) return wait(counts);
    return run('all upstream tasks failed');
  },
  all_done: (counts) => (pending(counts) > 0 ? wait(counts) : run('all upstream tasks are done')),
  all_done_min_one_success: (counts) => {
    if (counts.skipped > 0) return skip(counts, 'all_done_min_one_success');
    if (pending(counts) > 0) return wait(counts);
    if (counts.success > 0) return run('all upstream tasks are done, at least one succeeded');
    return upstreamFailed(counts, 'all_done_min_one_success');
  },
  all_skipped: (counts) => {
    if (counts.success + broken(counts) > 0) return skip(counts, 'all_skipped');
    if (pending(counts) > 0) return wait(counts);
    return run('all upstream tasks were skipped');
  },
  one_success: (counts) => {
    if (counts.success > 0) return run('an upstream task succeeded');
    if (pending(counts) > 0) return wait(counts);
    if (broken(counts) === 0) return skip(counts, 'one_success');
    return upstreamFailed(counts, 'one_success');
  },
  one_failed: (counts) => {
    if (broken(counts) > 0) return run('an upstream task failed');
    if (pending(counts) > 0) return wait(counts);
    return skip(counts, 'one_failed');
  },
  one_done: (counts) => {
    if (counts.success + counts.failed > 0) return run('an upstream task succeeded or failed');
    if (pending(counts) > 0) return wait(counts);
    return skip(counts, 'one_done');
  },
  none_failed: (counts) => {
    if (broken(counts) > 0) return upstreamFailed(counts, 'none_failed');
    if (pending(counts) > 0) return wait(counts);
    return run('no upstream task failed');
  },
  none_failed_min_one_success: (counts) => {
    if (broken(counts) > 0) return upstreamFailed(counts, 'none_failed_min_one_success');
    if (pending(counts) > 0) return wait(counts);
    if (counts.success > 0) return run('no upstream task failed, at least one succeeded');
    return skip(counts, 'none_failed_min_one_success');
  },
  none_skipped: (counts) => {
    if (counts.skipped > 0) return skip(counts, 'none_skipped');
    if (pending(counts) > 0) return wait(counts);
    return run('no upstream task was skipped');
  },
  always: () => run('its trigger rule is always'),
};

function broken(counts: UpstreamCounts): number {
  return counts.failed + counts.upstreamFailed;
}

function pending(counts: UpstreamCounts): number {
  return counts.total - counts.success - counts.failed - counts.upstreamFailed - counts.skipped;
}

function run(reason: string): Verdict {
  return { verdict: 'run', reason };
}

function wait(counts: UpstreamCounts): Verdict {
  return { verdict: 'wait', reason: `waits for ${pending(counts)} of ${counts.total} upstream instances` };
}

function skip(counts: UpstreamCounts, rule: TriggerRule): Verdict {
  return { verdict: 'skip', reason: unmet(counts, rule) };
}

function upstreamFailed(counts: UpstreamCounts, rule: TriggerRule): Verdict {
  return { verdict: 'upstreamFailed', reason: unmet(counts, rule) };
}

function unmet(counts: UpstreamCounts, rule: TriggerRule): string {
  const parts = [
    [counts.success, 'succeeded'],
    [counts.failed, 'failed'],
    [counts.upstreamFailed, 'upstream failed'],
    [counts.skipped, 'skipped'],
    [pending(counts), 'unfinished'],
  ] as const;
  const found = parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`);
  return `${rule} is not met: of ${counts.total} upstream, ${found.join(', ')}`;
}
