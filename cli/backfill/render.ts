import type { DateChoice } from '../../activities/backfill/next-runs.js';
import type { BackfillCounts, BackfillPlan, BackfillSummary } from '../../dag/backfill/messages.js';
import { painter } from '../format.js';
import { plural, table } from '../output.js';
import type { ListedBackfill, ShownBackfill } from './find.js';

const shortTime = (iso: string): string => iso.replace(/\.\d{3}Z$/, 'Z');

/** In the order in which they are told. */
const words: [keyof BackfillCounts, string][] = [
  ['success', 'succeeded'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
  ['active', 'active'],
  ['held', 'held'],
  ['waiting', 'waiting'],
  ['existing', 'had a run'],
  ['inFlight', 'had a run under way'],
];

export const countsText = (counts: BackfillCounts): string =>
  // What a backfill of an earlier release told has no counts of what was new since.
  words.flatMap(([name, word]) => (counts[name] ? [`${counts[name]} ${word}`] : [])).join(', ');

export const rangeText = ({ fromDate, toDate }: Pick<BackfillSummary, 'fromDate' | 'toDate'>): string =>
  `${shortTime(fromDate)} – ${shortTime(toDate)}`;

function stateText(state: string, isTerminal: boolean): string {
  const { green, red, cyan, yellow } = painter(isTerminal);
  const paint = { success: green, failed: red, cancelled: red, running: cyan, paused: yellow }[state];
  return paint === undefined ? state : paint(state);
}

export const backfillList = (backfills: readonly ListedBackfill[], isTerminal: boolean): string =>
  table(backfills, [
    { head: 'DAG', of: ({ dagId }) => dagId },
    { head: 'State', of: ({ state }) => stateText(state, isTerminal) },
    { head: 'Range', of: ({ summary }) => summary && rangeText(summary) },
    { head: 'Dates', of: ({ summary }) => summary?.total, align: 'right' },
    { head: 'Runs', of: ({ summary }) => summary && countsText(summary.counts) },
    { head: 'Started', of: ({ startedAt }) => shortTime(startedAt) },
  ]);

/** A backfill with its active runs and those without success. */
export function backfillText(backfill: ShownBackfill, isTerminal: boolean): string {
  const { bold } = painter(isTerminal);
  const { counts, total, active = [], held = [], unsuccessful = [], inFlight = [] } = backfill;
  const { reprocess, maxActiveRuns, runBackwards, fromDate, toDate } = backfill;
  const facts: [string, string | undefined][] = [
    ['state', stateText(backfill.state, isTerminal)],
    ['range', fromDate && toDate && rangeText({ fromDate, toDate })],
    ['dates', total === undefined ? undefined : String(total)],
    ['runs', counts && countsText(counts)],
    ['at a time', maxActiveRuns === undefined ? undefined : String(maxActiveRuns)],
    ['reprocess', reprocess],
    ['order', runBackwards ? 'the latest first' : undefined],
    ['started', shortTime(backfill.startedAt)],
    ['ended', backfill.finishedAt && shortTime(backfill.finishedAt)],
  ];
  const more = (counts?.failed ?? 0) + (counts?.cancelled ?? 0) - unsuccessful.length;
  return [
    bold(`backfill of ${backfill.dagId}`),
    ...facts.flatMap(([name, value]) => (value === undefined ? [] : [`  ${name.padEnd(11)} ${value}`])),
    ...active.map(({ workflowId }) => `  active      ${workflowId}`),
    ...held.map(
      ({ workflowId }) => `  held        ${workflowId}: say what to do, see nightjar runs show ${workflowId}`,
    ),
    ...inFlight.map(({ workflowId }) => `  left alone  ${workflowId}: it was under way`),
    ...unsuccessful.map(
      ({ workflowId, state, reason }) =>
        `  ${state.padEnd(11)} ${workflowId}${state === reason ? '' : `: ${reason}`}`,
    ),
    ...(more > 0 ? [`  … and ${more} more`] : []),
  ].join('\n');
}

const choiceTexts: Record<DateChoice['choice'], string> = {
  run: 'run',
  again: 'run again',
  existing: 'leave: there is a run',
  inFlight: 'leave: its run is under way',
};

/** What a backfill would do, date by date. */
export function dryRunText(plan: BackfillPlan, choices: readonly DateChoice[]): string {
  const runs = choices.filter(({ choice }) => choice === 'run' || choice === 'again').length;
  return [
    table(choices, [
      { head: 'Logical date', of: ({ logicalDate }) => shortTime(logicalDate) },
      { head: 'There is', of: ({ existing }) => existing?.state ?? '' },
      { head: 'Backfill would', of: ({ choice }) => choiceTexts[choice] },
      { head: 'Run', of: ({ workflowId }) => workflowId },
    ]),
    `${plural(runs, 'run')} of ${plural(choices.length, 'date')}, at most ${plan.maxActiveRuns} at a time; nothing was started`,
  ].join('\n');
}
