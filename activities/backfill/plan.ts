import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import { type Config, pipelineSettings } from '../../config/loader.js';
import {
  type BackfillPlan,
  defaultMaxActiveRuns,
  maxActiveRunsLimit,
  reprocessBehaviors,
} from '../../dag/backfill/messages.js';
import type { DagDocument } from '../../dag/document.js';
import { type JsonObject, onOneLine } from '../../dag/json.js';
import { resolveParams } from '../../dag/params.js';
import { countDates, parseBoundary } from './dates.js';

/** The input of a backfill's workflow: one JSON object. */
export const backfillInputSchema = z.strictObject({
  /** A day, a time in the DAG's time zone, or a time with its zone. Both ends belong to the range. */
  fromDate: z.string(),
  toDate: z.string(),
  maxActiveRuns: z.int().min(1).max(maxActiveRunsLimit).default(defaultMaxActiveRuns),
  reprocess: z.enum(reprocessBehaviors).default('none'),
  /** From the latest date to the earliest. */
  runBackwards: z.boolean().default(false),
  /** Values for the DAG's params, the same for all runs. */
  params: z.record(z.string(), z.json()).default({}),
  /** Settings of config.yaml to override for the runs, by dotted name. */
  settings: z.record(z.string(), z.json()).default({}),
});

/** Five years by the hour. More is rather a mistake in the dates. */
const maxDates = 50_000;

export type BackfillInput = z.input<typeof backfillInputSchema>;

/** A backfill that can't be: one readable line, never retried. */
export const refuse = (message: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, 'InvalidBackfill');

/**
 * Resolves what is asked of a backfill against its DAG. @throws ApplicationFailure of type InvalidBackfill
 */
export async function planBackfill(
  dag: DagDocument,
  input: unknown,
  { config, now, searchAttributes }: { config: Config; now: Date; searchAttributes: boolean },
): Promise<BackfillPlan> {
  const { dagId, schedule, timezone, startDate, endDate } = dag;
  const { fromDate, toDate, ...options } = parseBackfillInput(input);
  const params = options.params as JsonObject;
  const settings = options.settings as JsonObject;
  if (schedule === undefined || 'datasets' in schedule) {
    const what = schedule === undefined ? 'has no schedule' : 'is scheduled by datasets';
    throw refuse(`DAG "${dagId}" ${what}, so it has no logical dates to backfill: give it a cron or every`);
  }
  const from = boundary('fromDate', fromDate, timezone);
  const asked = boundary('toDate', toDate, timezone);
  if (from > asked) throw refuse(`fromDate (${fromDate}) is after toDate (${toDate})`);
  if (from > now) throw refuse(`fromDate (${fromDate}) is in the future: a backfill runs what was due`);
  // What isn't due yet is the schedule's.
  const to = asked > now ? now : asked;
  const resolved = resolveParams(dag, params, {
    config: pipelineSettings(config) as unknown as JsonObject,
  });
  if (!resolved.ok) throw refuse(`params of DAG "${dagId}": ${resolved.errors.join('; ')}`);
  const timetable = {
    schedule,
    timezone,
    ...(startDate === undefined ? {} : { startDate }),
    ...(endDate === undefined ? {} : { endDate }),
  };
  const range = { fromDate: from.toISOString(), toDate: to.toISOString(), timetable };
  const total = await countDates(range, maxDates + 1);
  if (total === 0) {
    throw refuse(
      `no run of DAG "${dagId}" was due between ${range.fromDate} and ${range.toDate}: see its schedule, startDate and endDate`,
    );
  }
  if (total > maxDates) {
    throw refuse(`more than ${maxDates} runs of DAG "${dagId}" were due in this range: take a shorter one`);
  }
  return {
    dagId,
    ...range,
    total,
    ...options,
    params,
    settings,
    searchAttributes,
  };
}

function boundary(name: 'fromDate' | 'toDate', text: string, timezone: string): Date {
  const time = parseBoundary(text, timezone, name === 'fromDate' ? 'from' : 'to');
  if (time !== undefined) return time;
  throw refuse(
    `${name}: expected a day such as 2025-01-31, or a time such as 2025-01-31T06:00 (in ${timezone}) or 2025-01-31T06:00Z, got '${text}'`,
  );
}

/** @throws ApplicationFailure that says in a line what is wrong with it */
export function parseBackfillInput(input: unknown): z.output<typeof backfillInputSchema> {
  const parsed = backfillInputSchema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues
    .map(({ path, message }) => `${path.join('.') || 'input'}: ${message}`)
    .join('; ');
  throw refuse(
    `a backfill's input is one JSON object with fromDate and toDate, and any of maxActiveRuns, reprocess, runBackwards, params, settings — ${onOneLine(problems)}`,
  );
}
