import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import { applySettings, type Config, ConfigError, pipelineSettings } from '../../config/loader.js';
import type { DagDocument } from '../../dag/document.js';
import type { JsonObject } from '../../dag/json.js';
import { nearest } from '../../dag/nearest.js';
import { resolveParams } from '../../dag/params.js';
import { writeJson } from '../context/files.js';
import { runFolder, runIdOf } from '../context/layout.js';
import { type DagFile, type DagSources, readDagFiles } from './dag-files.js';
import { planReplay, type ReusedTasks, replaySchema } from './replay.js';
import { type RunRecord, runRecordName } from './run-record.js';

/** The optional input of a DAG run: one JSON object, every field defaulted. */
export const runInputSchema = z.strictObject({
  /** Values for the DAG's declared params. */
  params: z.record(z.string(), z.json()).optional(),
  /** ISO 8601 with a zone. Default: the scheduled time, or else the time of the trigger. */
  logicalDate: z.iso.datetime({ offset: true }).optional(),
  /** Settings of config.yaml to override for this run, by dotted name: `{ "generate.records": 50000 }`. */
  settings: z.record(z.string(), z.json()).optional(),
  replay: replaySchema.optional(),
});

export type RunInput = z.input<typeof runInputSchema>;

/** What the workflow knows of itself when it starts. */
export type RunRequest = {
  dagId: string;
  workflowId: string;
  /** Temporal's id of the first run in this try's chain. */
  temporalRunId: string;
  /** ISO 8601: when it was triggered. */
  triggeredAt: string;
  /** ISO 8601: the time it was scheduled for, when a schedule started it. */
  scheduledAt?: string;
  input: unknown;
};

/** Everything a run depends on, frozen into its history. */
export type PreparedRun = {
  dag: DagDocument;
  dagHash: string;
  dagFolder: string;
  params: JsonObject;
  config: JsonObject;
  run: { id: string; logicalDate: string; dataIntervalStart: string; dataIntervalEnd: string };
  reused: ReusedTasks;
  /** Operators that are handed the figures of finished tasks. */
  readsFinishedTasks: string[];
  /** Whether the server knows Nightjar's search attributes. */
  searchAttributes: boolean;
};

export type RunEnvironment = {
  config: Config;
  /** Absolute. */
  dataRoot: string;
  dags: DagSources;
  readsFinishedTasks: string[];
  searchAttributes: boolean;
};

/** A refusal of a run's input: one readable line, never retried. */
const refuse = (message: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(message, 'InvalidRunInput');

/**
 * Freezes what a run depends on: reads the DAG's file as it is now, checks the input against it, resolves params and
 * settings, and opens the run's record. @throws ApplicationFailure of type InvalidRunInput
 */
export async function prepareRun(request: RunRequest, environment: RunEnvironment): Promise<PreparedRun> {
  const { dagId, workflowId, temporalRunId } = request;
  const input = parseInput(request.input);
  const file = await findDag(dagId, environment.dags);
  const config = pipelineSettings(
    withSettings(environment.config, input.settings ?? {}),
  ) as unknown as JsonObject;
  const params = resolveParams(file.dag, input.params ?? {}, { config });
  if (!params.ok) throw refuse(`params of DAG "${dagId}": ${params.errors.join('; ')}`);

  const logicalDate = new Date(input.logicalDate ?? request.scheduledAt ?? request.triggeredAt).toISOString();
  const runId = runIdOf(dagId, workflowId);
  const fresh = {
    dag: file.dag,
    dagHash: file.hash,
    dagFolder: file.folder,
    params: params.values,
    config,
    logicalDate,
  };
  const { reused, ...frozen } =
    input.replay === undefined
      ? { ...fresh, reused: {} }
      : await planReplay(input.replay, dagId, fresh, environment.dataRoot);

  const record: RunRecord = {
    dagId,
    runId,
    workflowId,
    temporalRunId,
    state: 'running',
    startedAt: request.triggeredAt,
    ...frozen,
    ...(input.replay === undefined ? {} : { replayOf: input.replay.workflowId }),
    tasks: Object.entries(reused).map(([key, task]) => ({ key, ...task })),
  };
  await writeJson(join(runFolder(environment.dataRoot, dagId, runId), runRecordName), record);
  return {
    dag: frozen.dag,
    dagHash: frozen.dagHash,
    dagFolder: frozen.dagFolder,
    params: frozen.params,
    config: frozen.config,
    run: {
      id: runId,
      logicalDate: frozen.logicalDate,
      dataIntervalStart: frozen.logicalDate,
      dataIntervalEnd: frozen.logicalDate,
    },
    reused,
    readsFinishedTasks: environment.readsFinishedTasks,
    searchAttributes: environment.searchAttributes,
  };
}

function parseInput(input: unknown): z.output<typeof runInputSchema> {
  const parsed = runInputSchema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues
    .map(({ path, message }) => `${path.join('.') || 'input'}: ${message}`)
    .join('; ');
  throw refuse(
    `the run's input is one JSON object with any of params, logicalDate, settings, replay, or nothing — ${problems}`,
  );
}

async function findDag(dagId: string, sources: DagSources): Promise<DagFile & { ok: true }> {
  const files = await readDagFiles(sources);
  const found = files.find((file) => file.ok && file.dag.dagId === dagId);
  if (found?.ok) return found;
  const broken = files.filter((file) => !file.ok);
  const claims = broken.find((file) => file.errors.length > 0 && file.file.includes(dagId)) ?? broken[0];
  const known = files.flatMap((file) => (file.ok ? [file.dag.dagId] : []));
  const guess = nearest(dagId, known);
  throw refuse(
    `no DAG "${dagId}" in ${sources.folders.join(', ')}${guess === undefined ? '' : `; did you mean "${guess}"?`} (known: ${known.join(', ') || 'none'})${
      claims === undefined ? '' : `; ${claims.file} cannot be read: ${claims.errors[0]?.message}`
    }`,
  );
}

function withSettings(config: Config, settings: JsonObject): Config {
  try {
    return applySettings(config, settings);
  } catch (error) {
    if (error instanceof ConfigError) throw refuse(`settings: ${error.message}`);
    throw error;
  }
}
