import type { RunView } from './run-view.js';

/** More failed tasks than this are counted, not listed. */
const maxListed = 20;

/** Why a run failed and what to do next: its workflow fails with this text. */
export function failureReport(
  workflowId: string,
  view: RunView,
  reason: string,
  replayCommand: string,
): string {
  const failed = view.tasks.filter(({ state, instances }) => state === 'failed' && instances === undefined);
  const blocked = view.tasks.filter(({ state }) => state === 'upstreamFailed').map(({ key }) => key);
  return [
    `DAG run ${workflowId} failed: ${reason}`,
    ...failed
      .slice(0, maxListed)
      .flatMap(({ key, operator, tries, reason: why, rejectedByReason }) => [
        `  ${key} (${operator}${tries === undefined ? '' : `, ${tries} ${tries === 1 ? 'try' : 'tries'}`}): ${why ?? 'no reason given'}`,
        ...Object.entries(rejectedByReason ?? {}).map(
          ([code, rows]) => `    rejected as ${code}: ${rows.toLocaleString('en-US')} rows`,
        ),
      ]),
    ...(failed.length > maxListed ? [`  … and ${failed.length - maxListed} more that failed`] : []),
    ...(blocked.length > 0 ? [`  did not run because of that: ${list(blocked)}`] : []),
    `Fix the cause, then run the failed stages again, reusing the others: ${replayCommand}`,
  ].join('\n');
}

const list = (keys: string[]): string =>
  keys.length <= maxListed
    ? keys.join(', ')
    : `${keys.slice(0, maxListed).join(', ')} and ${keys.length - maxListed} more`;
