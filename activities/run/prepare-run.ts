import { join, relative } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import type { z } from 'zod';
import { applySettings, type Config, ConfigError, pipelineSettings } from '../../config/loader.js';
import type { OperatorTraits } from '../../contract/task.js';
import { formatBytes } from '../../dag/bytes.js';
import { type CompactDag, compactDag } from '../../dag/compact.js';
import type { DatasetEvent } from '../../dag/dataset-event.js';
import type { RunInfo } from '../../dag/decision.js';
import type { DagDocument } from '../../dag/document.js';
import { type JsonObject, show } from '../../dag/json.js';
import { resolveParams } from '../../dag/params.js';
import { jsonBytes, maxPayloadBytes, payloadLength } from '../../dag/payload.js';
import { formatPath, validate } from '../../dag/problem.js';
import { isId } from '../../dag/schema/scalars.js';
import { readJson, writeJsonSync } from '../context/files.js';
import { runFolder, runIdOf } from '../context/layout.js';
import { shortened } from '../failure.js';
import { type DagSources, findDag } from './dag-files.js';
import { recordAt } from './find-run.js';
import { keepFormerRecord, planOfReplay, readEarlierRun, readRun } from './replay.js';
import { runInputSchema } from './run-input.js';
import { type Given, type RunRecord, runRecordName, type TaskRecord } from './run-record.js';
import { dataIntervalOf, isLatestRun } from './timetable.js';

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
  /** Whether a backfill started it: then its logical date is one of the schedule's too. */
  isBackfill?: boolean;
  /** Whether the run goes on in a new execution: everything was frozen when it started. */
  isContinued: boolean;
  /** Whether another workflow started it, such as a DAG's task or a backfill: those may share logical dates. */
  isTriggered: boolean;
  input: unknown;
};

/** What a run freezes when it starts. */
type Frozen = Pick<
  RunRecord,
  'dag' | 'dagHash' | 'dagFile' | 'dagFolder' | 'params' | 'config' | 'logicalDate'
>;

/** A prepared run as its history has it. */
export type FrozenRun = Omit<PreparedRun, 'dag'> & { dag: CompactDag };

/** Everything a run depends on. */
export type PreparedRun = {
  dag: DagDocument;
  dagHash: string;
  dagFolder: string;
  params: JsonObject;
  /** Whether expressions see params by their schemas; absent in the histories of earlier releases. */
  typedParams?: boolean;
  config: JsonObject;
  run: RunInfo;
  /** Whether the run's record holds results to take over: of an earlier run, or its own before it was continued. */
  hasResults: boolean;
  /** The run whose results it reuses, if it is a replay. */
  replayOf?: { workflowId: string; temporalRunId: string };
  /** What a user types to run the failed tasks again. */
  replayCommand: string;
  /** Of the operators in the DAG that have any. */
  traits: Record<string, OperatorTraits>;
  /** Whether the server knows Nightjar's search attributes. */
  searchAttributes: boolean;
};

export type RunEnvironment = {
  config: Config;
  /** Absolute. */
  dataRoot: string;
  dags: DagSources;
  traits: Record<string, OperatorTraits>;
  searchAttributes: boolean;
};

/** A refusal of a run's input: one readable line, never retried. */
const refuse = (message: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(shortened(message), 'InvalidRunInput');

/** Temporal takes 1,000 characters, and the ids of batches and of triggered DAGs are made from that of their run. */
const maxWorkflowId = 400;

/**
 * Freezes what a run depends on: reads the DAG's file as it is now, checks the input against it, resolves params and
 * settings, and opens the run's record. @throws ApplicationFailure of type InvalidRunInput
 */
export async function prepareRun(request: RunRequest, environment: RunEnvironment): Promise<FrozenRun> {
  const { dagId, workflowId, temporalRunId } = request;
  if (!isId(dagId)) {
    throw refuse(
      `the workflow's type is the id of a DAG: letters, digits, '_', '-' and '.', the first a letter, digit or '_', got ${show(dagId)}`,
    );
  }
  if (workflowId.length > maxWorkflowId) {
    throw refuse(
      `the Workflow ID has ${workflowId.length} characters, at most ${maxWorkflowId} are allowed; start it with a shorter one (DAGs that trigger each other in a circle make ever longer ones)`,
    );
  }
  const runId = runIdOf(dagId, workflowId);
  if (request.isContinued) {
    const own = await ownRecord(dagId, runId, environment);
    if (own.temporalRunId !== temporalRunId)
      throw refuse(`there is nothing to go on with: the record of ${workflowId} is that of another run`);
    return planOf(own, environment);
  }
  const { replay, only, from, ...input } = parseRunInput(request.input);
  if (input.logicalDate !== undefined && replay === undefined && !request.isTriggered)
    await refuseSecondRun(request, new Date(input.logicalDate), environment);
  const isPartial = only !== undefined || from !== undefined;
  const { dataRoot } = environment;
  const earlier = replay
    ? await readEarlierRun(replay, dagId, dataRoot)
    : isPartial
      ? await readRun(workflowId, dagId, dataRoot)
      : undefined;
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
  const due = request.isBackfill ? frozen.logicalDate : request.scheduledAt;
  const reused =
    replay !== undefined || isPartial
      ? planOfReplay(frozen.dag, earlier?.tasks ?? [], { ...replay, only, from }).results
      : {};
  const record: RunRecord = {
    dagId,
    runId,
    workflowId,
    temporalRunId,
    state: 'running',
    startedAt: request.triggeredAt,
    ...frozen,
    latest: due === undefined || isLatestRun(frozen.dag, new Date(due), new Date(request.triggeredAt)),
    given,
    datasetEvents: (input.datasetEvents as DatasetEvent[] | undefined) ?? earlier?.datasetEvents ?? [],
    ...(earlier === undefined ? {} : { replayOf: earlier.workflowId, replayOfRunId: earlier.temporalRunId }),
    tasks: Object.entries(reused).map(([key, task]) => ({ key, ...(task as ReusedTask), reused: true })),
  };
  const plan = planOf(record, environment);
  refuseTooLarge(plan);
  const folder = runFolder(dataRoot, dagId, runId);
  await keepFormerRecord(folder, temporalRunId);
  writeJsonSync(join(folder, runRecordName), record);
  return plan;
}

/** A run that no payload holds could never begin. */
function refuseTooLarge(plan: FrozenRun): void {
  if (payloadLength(plan) !== undefined) return;
  const { dag, params, run } = plan;
  const sizes = Object.entries({ 'the DAG': dag, 'its params': params, 'dataset updates': run.datasetEvents })
    .map(([what, value]) => `${what} ${formatBytes(jsonBytes(value ?? null))}`)
    .join(', ');
  throw refuse(
    `the run of DAG "${dag.dagId}" is too large: ${sizes}; together at most ${formatBytes(maxPayloadBytes)} as JSON. Large values belong in files or datasets that params name`,
  );
}

/** A logical date that was asked for belongs to one run, whatever its Workflow ID: the tries at that one share the ID. */
async function refuseSecondRun(
  { dagId, workflowId }: RunRequest,
  logicalDate: Date,
  { dataRoot }: RunEnvironment,
): Promise<void> {
  const other = await recordAt(dagId, logicalDate, dataRoot, workflowId);
  if (other === undefined) return;
  const again = `run it again with the input {"replay": {"workflowId": "${other.workflowId}"}} or \`nightjar tasks clear ${quoted(other.workflowId)}\``;
  throw refuse(
    `DAG "${dagId}" has a run with logical date ${logicalDate.toISOString()} already: ${other.workflowId}, state ${other.state}; ${again}`,
  );
}

type ReusedTask = Omit<TaskRecord, 'key'>;

/** What the workflow needs of a run's record. */
function planOf(record: RunRecord, environment: RunEnvironment): FrozenRun {
  const {
    dag,
    dagHash,
    dagFolder,
    params,
    config,
    logicalDate,
    latest,
    runId,
    tasks,
    datasetEvents = [],
    replayOf,
    replayOfRunId = '',
  } = record;
  const interval = dataIntervalOf(dag, new Date(logicalDate));
  const used = new Set(dag.tasks.map(({ operator }) => operator));
  return {
    dag: compactDag(dag),
    dagHash,
    dagFolder,
    params,
    typedParams: true,
    config,
    run: {
      id: runId,
      logicalDate,
      dataIntervalStart: interval.start.toISOString(),
      dataIntervalEnd: interval.end.toISOString(),
      latest,
      datasetEvents,
    },
    hasResults: tasks.length > 0,
    ...(replayOf === undefined ? {} : { replayOf: { workflowId: replayOf, temporalRunId: replayOfRunId } }),
    replayCommand: `npm start -- --dag ${quoted(dagArgument(record, environment))} --replay ${quoted(record.workflowId)}`,
    traits: Object.fromEntries(Object.entries(environment.traits).filter(([name]) => used.has(name))),
    searchAttributes: environment.searchAttributes,
  };
}

async function ownRecord(dagId: string, runId: string, { dataRoot }: RunEnvironment): Promise<RunRecord> {
  const folder = runFolder(dataRoot, dagId, runId);
  const record = await readJson<RunRecord>(join(folder, runRecordName));
  if (record === undefined) throw new Error(`the record of the run is gone: ${folder}`);
  return record;
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
  const settings = withSettings(environment.config, given.settings);
  const config = pipelineSettings(
    settings.ok ? settings.config : environment.config,
  ) as unknown as JsonObject;
  const params = resolveParams(dag, given.params, { config });
  const problems = [
    ...(settings.ok ? [] : [`settings: ${settings.problems.join('; ')}`]),
    ...(params.ok ? [] : [`params of DAG "${dagId}": ${params.errors.join('; ')}`]),
  ];
  if (problems.length > 0 || !params.ok) throw refuse(problems.join('\n'));
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

/** @throws ApplicationFailure that says in a line what is wrong with it */
export function parseRunInput(input: unknown): z.output<typeof runInputSchema> {
  const parsed = validate(runInputSchema, input ?? {});
  if (parsed.ok) return parsed.value;
  const problems = parsed.problems
    .map(({ path, message, hint }) => `${formatPath(path) || 'input'}: ${message}${hint ? ` (${hint})` : ''}`)
    .join('; ');
  throw refuse(
    `the run's input is one JSON object with any of params, logicalDate, settings, replay, only, from, or nothing — ${problems}`,
  );
}

function withSettings(
  config: Config,
  settings: JsonObject,
): { ok: true; config: Config } | { ok: false; problems: readonly string[] } {
  // Checking all settings anew takes a millisecond, and few runs change any.
  if (Object.keys(settings).length === 0) return { ok: true, config };
  try {
    return { ok: true, config: applySettings(config, settings) };
  } catch (error) {
    if (error instanceof ConfigError) return { ok: false, problems: error.problems };
    throw error;
  }
}
