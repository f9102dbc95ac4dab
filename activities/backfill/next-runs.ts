import type { BackfillPage, BackfillPlan, RunInFlight } from '../../dag/backfill/messages.js';
import { choice } from '../../dag/backfill/selection.js';
import { type ExistingRun, existingRuns, type RunSources, runWorkflowId } from '../run/existing-runs.js';
import { nextDates } from './dates.js';

/** What a backfill would do about a date. */
export type DateChoice = {
  logicalDate: string;
  workflowId: string;
  existing?: ExistingRun;
  choice: 'run' | 'again' | 'existing' | 'inFlight';
};

/** Dates that are looked at together, and how many in one go. */
const batchSize = 100;
const maxBatches = 10;

/** What a backfill does about the next dates of its range. */
export async function choicesAfter(
  plan: BackfillPlan,
  after: string | undefined,
  count: number,
  sources: RunSources,
): Promise<{ choices: DateChoice[]; done: boolean }> {
  const { dates, done } = nextDates(plan, after, count);
  const found = await existingRuns(plan.dagId, dates, sources);
  const choices = dates.map((date): DateChoice => {
    const existing = found.get(date.getTime());
    return {
      logicalDate: date.toISOString(),
      workflowId: existing?.workflowId ?? runWorkflowId(plan.dagId, date),
      ...(existing === undefined ? {} : { existing }),
      choice: choice(existing?.state, plan.reprocess),
    };
  });
  return { choices, done };
}

/** Looks for the next runs to start, `count` at most, passing over the dates that are to be left alone. */
export async function nextRuns(
  plan: BackfillPlan,
  after: string | undefined,
  count: number,
  sources: RunSources,
): Promise<BackfillPage> {
  const page: BackfillPage = { runs: [], existing: 0, inFlight: [], done: false };
  let cursor = after;
  for (let batch = 0; batch < maxBatches; batch++) {
    // Few at first: most often the next ones are to be run, and looking costs.
    const size = batch === 0 ? count : batchSize;
    const { choices, done } = await choicesAfter(plan, cursor, size, sources);
    for (const [index, each] of choices.entries()) {
      cursor = each.logicalDate;
      take(page, each);
      if (page.runs.length === count) return { ...page, cursor, done: done && index === choices.length - 1 };
    }
    if (done) return { ...page, ...(cursor === undefined ? {} : { cursor }), done };
  }
  return { ...page, ...(cursor === undefined ? {} : { cursor }) };
}

function take(page: BackfillPage, { logicalDate, workflowId, choice }: DateChoice): void {
  if (choice === 'existing') page.existing++;
  else if (choice === 'inFlight') page.inFlight.push({ logicalDate, workflowId } satisfies RunInFlight);
  else page.runs.push({ logicalDate, workflowId, again: choice === 'again' });
}
