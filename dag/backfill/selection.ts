import type { ReprocessBehavior } from './messages.js';

const ended = new Set(['success', 'failed', 'cancelled']);

/**
 * What a backfill does about a date, by the state of the run that it has: a run under way is left alone, one that has ended
 * is run again when that was asked for. As in Airflow, where what we call cancelled is failed.
 */
export function choice(
  state: string | undefined,
  reprocess: ReprocessBehavior,
): 'run' | 'again' | 'existing' | 'inFlight' {
  if (state === undefined) return 'run';
  if (!ended.has(state)) return 'inFlight';
  if (reprocess === 'completed' || (reprocess === 'failed' && state !== 'success')) return 'again';
  return 'existing';
}
