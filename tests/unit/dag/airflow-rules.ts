import type { CaseTask } from '../../../conformance/case.js';

export type State = 'none' | 'scheduled' | 'success' | 'failed' | 'skipped' | 'upstream_failed';

/** Upstream task instances, and those of setups among them. */
export interface Counts {
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

/** What Airflow makes of a task whose upstreams are in these states. */
export function rule(name: CaseTask['triggerRule'], c: Counts): State | 'run' | 'wait' {
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
