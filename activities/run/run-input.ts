import { z } from 'zod';
import { show } from '../../dag/json.js';
import { replaySchema, someTasks } from './replay.js';

/** The optional input of a DAG run: one JSON object, every field defaulted. */
export const runInputSchema = z.strictObject({
  /** Values for the DAG's declared params. */
  params: z.record(z.string(), z.json()).optional(),
  /** ISO 8601 with a zone. Default: the scheduled time, or else the time of the trigger. */
  logicalDate: z.iso
    .datetime({
      offset: true,
      error: ({ input }) => `expected a time with its zone, such as 2026-03-01T06:00:00Z, got ${show(input)}`,
    })
    .optional(),
  /** Settings of config.yaml to override for this run, by dotted name: `{ "generate.records": 50000 }`. */
  settings: z.record(z.string(), z.json()).optional(),
  replay: replaySchema.optional(),
  /** Run just these tasks; the results of others are taken from the last try of this run, or of the one in `replay`. */
  only: someTasks,
  /** Run these tasks and what is downstream of them, with other results as for `only`. */
  from: someTasks,
  /** What `run.datasetEvents` gives: filled in when datasets start the run. */
  datasetEvents: z
    .array(
      z.strictObject({
        dataset: z.string(),
        publishedAt: z.string(),
        dagId: z.string(),
        runId: z.string(),
        task: z.string(),
        refs: z.json().optional(),
      }),
    )
    .optional(),
});

export type RunInput = z.input<typeof runInputSchema>;
