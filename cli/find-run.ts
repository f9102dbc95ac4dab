import { join, resolve } from 'node:path';
import { readJson } from '../activities/context/files.js';
import { runFolder, runIdOf } from '../activities/context/layout.js';
import { loadOperators } from '../activities/load-operators.js';
import { readDagFiles } from '../activities/run/dag-files.js';
import { type RunRecord, runRecordName } from '../activities/run/run-record.js';
import type { Config } from '../config/loader.js';
import { isDate, isDateTime } from '../dag/instant.js';
import { didYouMean } from '../dag/nearest.js';
import { isId } from '../dag/schema/scalars.js';
import { dagSources } from '../worker/dag-sources.js';
import { CliError } from './exit.js';
import { type ListedRun, listRuns, type RunSources, runOfRecord, serverRun } from './list-runs.js';

/** How commands describe their argument that names a run. */
export const runArgument =
  'the run: its Workflow ID, <DAG>/<logical date or day>, or a DAG id for its latest run';

/** Among how many of the latest runs a run is looked for that wasn't named exactly. */
const lookedAt = 100;

/**
 * The run that a user names: by its Workflow ID, by DAG id and logical date (`etl/2026-03-01T02:00:00Z`, or `etl/2026-03-01`
 * for the one of that day), or by a DAG id alone, which is its latest run. The server is asked first; where it has
 * forgotten the run, the run's record tells. @throws CliError with the nearest names
 */
export async function findNamedRun(name: string, sources: RunSources): Promise<ListedRun> {
  const { client, config } = sources;
  const found = (await serverRun(client, name)) ?? (await recordedRun(name, config));
  if (found !== undefined) return found;
  const [dagId = '', ...rest] = name.split('/');
  const day = rest.join('/');
  if (day === '') {
    const [latest] = await listRuns(sources, { dagId, limit: lookedAt });
    if (latest !== undefined) return latest;
  } else {
    const logicalDates = datesOf(day);
    const runs = logicalDates && (await listRuns(sources, { dagId, logicalDates, limit: lookedAt }));
    const [run, ...others] = runs ?? [];
    if (run !== undefined && others.length === 0) return run;
    if (run !== undefined && runs !== undefined) {
      const ids = runs.map(({ workflowId }) => `\n  ${workflowId}`).join('');
      throw new CliError(
        `there are several runs of DAG "${dagId}" with logical date ${day}; name one:${ids}`,
      );
    }
  }
  throw new CliError(await whyNone(name, sources));
}

/** The record of a run, as far as it has one. */
export async function recordOf(
  { dagId, runId }: Pick<ListedRun, 'dagId' | 'runId'>,
  config: Config,
): Promise<RunRecord | undefined> {
  return readJson(join(runFolderOf({ dagId, runId }, config), runRecordName));
}

/** The folder of a run's data, record and log. */
export const runFolderOf = ({ dagId, runId }: Pick<ListedRun, 'dagId' | 'runId'>, config: Config): string =>
  runFolder(resolve(config.dataRoot), dagId, runId);

/** The run of a Workflow ID by its record: schedules put a dash between the DAG's id and the time. */
async function recordedRun(workflowId: string, config: Config): Promise<ListedRun | undefined> {
  const dagIds = [...workflowId.matchAll(/[/-]/g)].map(({ index }) => workflowId.slice(0, index));
  for (const dagId of dagIds.filter(isId)) {
    const record = await recordOf({ dagId, runId: runIdOf(dagId, workflowId) }, config);
    if (record?.workflowId === workflowId) return runOfRecord(record);
  }
  return undefined;
}

/** From the first to the last moment that `2026-03-01` or `2026-03-01T02:00:00Z` can mean; a day is one of UTC. */
function datesOf(text: string): [Date, Date] | undefined {
  const start = new Date(text);
  if (isDate(text)) return [start, new Date(start.getTime() + 86_400_000 - 1)];
  return isDateTime(text) ? [start, start] : undefined;
}

async function whyNone(name: string, sources: RunSources): Promise<string> {
  const { config } = sources;
  const files = await readDagFiles(dagSources(config, await loadOperators(config.operators.folder)));
  const dagIds = files.flatMap((file) => (file.ok ? file.dag.dagId : (file.dagId ?? [])));
  const prefix = name.split('/')[0] ?? '';
  const dagId = dagIds.includes(prefix)
    ? prefix
    : dagIds.filter((id) => name.startsWith(`${id}-`)).sort((a, b) => b.length - a.length)[0];
  const runs = await listRuns(sources, { dagId: dagId ?? prefix, limit: lookedAt });
  const [latest] = runs;
  if (latest !== undefined) {
    const hint = didYouMean(
      name,
      runs.map(({ workflowId }) => workflowId),
    );
    return `there is no run "${name}"${hint === undefined ? '' : ` (${hint})`}; the latest of DAG "${latest.dagId}": ${latest.workflowId}`;
  }
  if (dagId !== undefined)
    return `DAG "${dagId}" has no runs yet; start one with \`nightjar dags trigger ${dagId}\``;
  const hint = didYouMean(prefix, dagIds);
  return `there is no run "${name}", and no DAG "${prefix}"${hint === undefined ? '' : ` (${hint})`}; known DAGs: ${dagIds.join(', ') || 'none'}`;
}

/** The task of a run that a user names, among those there are. @throws CliError with the nearest */
export function checkTask(name: string, known: readonly string[], what: string): void {
  if (known.includes(name)) return;
  const hint = didYouMean(name, known);
  throw new CliError(
    `${what} has no task "${name}"${hint === undefined ? '' : ` (${hint})`}; its tasks: ${known.join(', ') || 'none'}`,
  );
}
