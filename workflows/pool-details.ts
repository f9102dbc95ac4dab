import type { PoolView, SlotView } from '../dag/pool/messages.js';

/** More rows than this make the page slow to read and to load: the rest is counted. */
const maxRows = 50;

/** A pool as Markdown, for the Temporal UI's page of its workflow. */
export function poolTable({ name, slots, used, queued, description, holders, queue }: PoolView): string {
  return [
    `**Pool ${name}** · ${used} of ${slots} slots in use · ${queued} waited for${description === undefined ? '' : ` · ${description}`}`,
    ...table('Holds', holders),
    ...table('Waits', queue),
  ].join('\n');
}

function table(what: string, entries: readonly SlotView[]): string[] {
  if (entries.length === 0) return [];
  const hidden = entries.length - maxRows;
  return [
    '',
    `| ${what} | Task | Slots | Priority | Since |`,
    '| --- | --- | ---: | ---: | --- |',
    ...entries
      .slice(0, maxRows)
      .map(
        ({ workflowId, key, slots, priority, since }) =>
          `| \`${workflowId}\` | \`${key}\` | ${slots} | ${priority} | ${since} |`,
      ),
    ...(hidden > 0 ? ['', `… and ${hidden} more`] : []),
  ];
}
