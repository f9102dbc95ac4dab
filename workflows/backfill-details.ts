import type { BackfillCounts, BackfillView } from '../dag/backfill/messages.js';

const icons = { running: '🔵', paused: '🟡', success: '🟢', failed: '🔴', cancelled: '⚫' };

/** In the order in which they are shown. */
const columns: [keyof BackfillCounts, string][] = [
  ['waiting', 'Waiting'],
  ['active', 'Active'],
  ['held', 'Held'],
  ['success', 'Succeeded'],
  ['failed', 'Failed'],
  ['cancelled', 'Cancelled'],
  ['existing', 'Had a run'],
  ['inFlight', 'Run under way'],
];

/** A backfill as Markdown, for the Temporal UI's page of its workflow. */
export function backfillTable(view: BackfillView): string {
  const { dagId, state, fromDate, toDate, total, maxActiveRuns, reprocess, runBackwards, counts } = view;
  const order = runBackwards ? ' · latest first' : '';
  return [
    `**Backfill of ${dagId}** · ${fromDate} – ${toDate} · ${icons[state]} **${state}** · ${total} dates · at most ${maxActiveRuns} active · reprocess ${reprocess}${order}`,
    '',
    `| ${columns.map(([, title]) => title).join(' | ')} |`,
    `| ${columns.map(() => '---:').join(' | ')} |`,
    `| ${columns.map(([name]) => counts[name]).join(' | ')} |`,
    ...table(
      ['Active', 'Run', 'Since'],
      view.active.map(({ logicalDate, workflowId, since }) => [logicalDate, `\`${workflowId}\``, since]),
      counts.active,
    ),
    ...table(
      ['Held: say what to do', 'Run', 'Active since'],
      view.held.map(({ logicalDate, workflowId, since }) => [logicalDate, `\`${workflowId}\``, since]),
      counts.held,
    ),
    ...table(
      ['Without success', 'Run', 'Why'],
      view.unsuccessful.map(({ logicalDate, workflowId, state, reason }) => [
        logicalDate,
        `\`${workflowId}\``,
        state === reason ? state : `${state}: ${cell(reason)}`,
      ]),
      counts.failed + counts.cancelled,
    ),
    ...table(
      ['Left alone: under way', 'Run'],
      view.inFlight.map(({ logicalDate, workflowId }) => [logicalDate, `\`${workflowId}\``]),
      counts.inFlight,
    ),
  ].join('\n');
}

/** Rows beyond those that are given are counted. */
function table(head: string[], rows: string[][], total: number): string[] {
  if (rows.length === 0) return [];
  return [
    '',
    `| ${head.join(' | ')} |`,
    `| ${head.map(() => '---').join(' | ')} |`,
    ...rows.map((cells) => `| ${cells.join(' | ')} |`),
    ...(total > rows.length ? ['', `… and ${total - rows.length} more`] : []),
  ];
}

const cell = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll('|', '\\|');

/** What a backfill without full success fails with: how many, the first of them, and how to run them again. */
export function backfillReport({ dagId, fromDate, toDate, counts, unsuccessful }: BackfillView): string {
  const { failed, cancelled, success } = counts;
  const parts = [
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(cancelled > 0 ? [`${cancelled} cancelled`] : []),
  ];
  const shown = unsuccessful.slice(0, 10);
  const hidden = failed + cancelled - shown.length;
  return [
    `Backfill of ${dagId}: ${parts.join(', ')}, ${success} succeeded`,
    ...shown.map(({ workflowId, state, reason }) =>
      state === reason ? `- ${workflowId}: ${state}` : `- ${workflowId}: ${reason}`,
    ),
    ...(hidden > 0 ? [`- … and ${hidden} more`] : []),
    '',
    'Run these again:',
    `  nightjar backfill create ${dagId} --from-date ${fromDate} --to-date ${toDate} --reprocess failed`,
  ].join('\n');
}
