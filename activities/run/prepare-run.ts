import { join, relative } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { z } from 'zod';
import { applySettings, type Config, ConfigError, pipelineSettings } from '../../config/loader.js';
import type { RunInfo } from '../../dag/decision.js';
import type { DagDocument } from '../../dag/document.js';
import type { JsonObject } from '../../dag/json.js';
import { resolveParams } from '../../dag/params.js';
import { writeJson } from '../context/files.js';
import { runFolder, runIdOf } from '../context/layout.js';
import { type DagSources, findDag } from './dag-files.js';
import { type ReusedTasks, readEarlierRun, replaySchema, reusable } from './replay.js';
import { type Given, type RunRecord, runRecordName } from './run-record.js';

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

/** What a run freezes when it starts. */
type Frozen = Pick<
  RunRecord,
  'dag' | 'dagHash' | 'dagFile' | 'dagFolder' | 'params' | 'config' | 'logicalDate'
>;

/** Everything a run depends on, frozen into its history. */
export type PreparedRun = {
  dag: DagDocument;
  dagHash: string;
  dagFolder: string;
  params: JsonObject;
  config: JsonObject;
  run: RunInfo;
  reused: ReusedTasks;
  /** What a user types to run the failed tasks again. */
  replayCommand: string;
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
  const { replay, ...input } = parseInput(request.input);
  const earlier = replay && (await readEarlierRun(replay.workflowId, dagId, environment.dataRoot));
  // What was asked of the earlier run goes on to hold, unless it is asked otherwise now.
  const given: Given = {
    params: { ...earlier?.given.params, ...input.params },
    settings: { ...earlier?.given.settings, ...input.settings },
  };
  const triggered = new Date(input.logicalDate ?? request.scheduledAt ?? request.triggeredAt).toISOString();
  const frozen: Frozen =
    earlier !== undefined && replay?.dag === 'original'
      ? frozenThen(earlier)
      : { ...(await freeze(dagId, given, environment)), logicalDate: earlier?.logicalDate ?? triggered };
  const reused = earlier && replay ? reusable(frozen.dag, earlier.tasks, replay) : {};

  const runId = runIdOf(dagId, workflowId);
  const record: RunRecord = {
    dagId,
    runId,
    workflowId,
    temporalRunId,
    state: 'running',
    startedAt: request.triggeredAt,
    ...frozen,
    given,
    ...(replay === undefined ? {} : { replayOf: replay.workflowId }),
    tasks: Object.entries(reused).map(([key, task]) => ({ key, ...task })),
  };
  await writeJson(join(runFolder(environment.dataRoot, dagId, runId), runRecordName), record);
  const { logicalDate, ...plan } = frozen;
  return {
    ...plan,
    run: {
      id: runId,
      logicalDate,
      dataIntervalStart: logicalDate,
      dataIntervalEnd: logicalDate,
      latest: true,
    },
    reused,
    replayCommand: `npm start -- --dag ${quoted(dagArgument(frozen, environment))} --replay ${quoted(workflowId)}`,
    readsFinishedTasks: environment.readsFinishedTasks,
    searchAttributes: environment.searchAttributes,
  };
}

/** The DAG's file as it is now, with what was given resolved against it. */
async function freeze(
  dagId: string,
  given: Given,
  environment: RunEnvironment,
): Promise<Omit<Frozen, 'logicalDate'>> {
  const found = await findDag(dagId, environment.dags);
  if (typeof found === 'string') throw refuse(found);
  const { file, folder, dag, hash } = found;
  const config = pipelineSettings(withSettings(environment.config, given.settings)) as unknown as JsonObject;
  const params = resolveParams(dag, given.params, { config });
  if (!params.ok) throw refuse(`params of DAG "${dagId}": ${params.errors.join('; ')}`);
  return { dag, dagHash: hash, dagFile: file, dagFolder: folder, params: params.values, config };
}

function frozenThen({ dag, dagHash, dagFile, dagFolder, params, config, logicalDate }: RunRecord): Frozen {
  return { dag, dagHash, dagFile, dagFolder, params, config, logicalDate };
}

/** How the command line names the DAG: by its id, or by its file when that is outside the configured folders. */
function dagArgument({ dag, dagFile }: Frozen, { config }: RunEnvironment): string {
  const isConfigured = config.dags.folders.some((folder) => !relative(folder, dagFile).startsWith('..'));
  return isConfigured ? dag.dagId : relative('.', dagFile);
}

const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

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

function withSettings(config: Config, settings: JsonObject): Config {
  try {
    return applySettings(config, settings);
  } catch (error) {
    if (error instanceof ConfigError) throw refuse(`settings: ${error.message}`);
    throw error;
  }
}
