import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { readJson } from '../activities/context/files.js';
import { runFolder, runIdOf } from '../activities/context/layout.js';
import { logFileName } from '../activities/context/run-log.js';
import { type RunRecord, runRecordName } from '../activities/run/run-record.js';
import type { Config } from '../config/loader.js';
import type { TaskView } from '../workflows/run-view.js';
import { count, duration, metric, painter } from './format.js';
import { table } from './output.js';
import { type Stage, stagesOf } from './stages.js';
import type { RunEnd } from './watch-run.js';

type Run = { workflowId: string; dagId: string; config: Config; workerLog?: string };

/** Prints how a run ended: its stages, then where the results are, or why it failed and what to do next. */
export async function printOutcome(end: RunEnd, run: Run): Promise<void> {
  const { bold, green, red } = painter(process.stdout.isTTY === true);
  const say = (line: string): boolean => process.stdout.write(`${line}\n`);
  if (end.view !== undefined) say(stageTable(end.view.tasks));
  const folder = runFolder(resolve(run.config.dataRoot), run.dagId, runIdOf(run.dagId, run.workflowId));
  const log = shortPath(join(folder, logFileName));
  if (!end.ok) {
    say(end.cancelled ? `${red('cancelled')} ${run.workflowId}` : `${red('✖')} ${end.error}`);
    const logs = [
      // A run that was refused has none.
      ...(existsSync(join(folder, logFileName)) ? [`of the run: ${log}`] : []),
      ...(run.workerLog === undefined ? [] : [`of the worker: ${shortPath(run.workerLog)}`]),
    ];
    if (logs.length > 0) say(`Log ${logs.join('   ')}`);
    return;
  }
  say(`${green('✔')} ${bold(run.workflowId)} succeeded`);
  for (const [name, path] of await results(folder, run.config)) say(`  ${`${name}:`.padEnd(10)} ${path}`);
  say(`  ${'log:'.padEnd(10)} ${log}`);
}

/** The tasks of a run, mapped instances summed up, with their figures. */
export function stageTable(tasks: TaskView[]): string {
  return table(stagesOf({ tasks }, Date.now()), [
    {
      head: 'Stage',
      of: ({ taskId, instances }) => (instances > 1 ? `${taskId} × ${instances}` : taskId),
    },
    { head: 'State', of: ({ state, reused }) => (reused ? `${state} (reused)` : state) },
    { head: 'Tries', of: ({ tries }) => (tries === 0 ? undefined : tries), align: 'right' },
    {
      head: 'Time',
      of: ({ elapsedMs }) => (elapsedMs === undefined ? undefined : duration(elapsedMs)),
      align: 'right',
    },
    { head: 'Rows read', of: ({ rowsRead }) => figure(rowsRead), align: 'right' },
    { head: 'Rows written', of: ({ rowsWritten }) => figure(rowsWritten), align: 'right' },
    { head: 'Rejected', of: rejects, align: 'right' },
    {
      head: 'Metrics',
      of: ({ metrics }) =>
        Object.entries(metrics)
          .map(([name, value]) => `${name} ${metric(value)}`)
          .join('\n'),
    },
  ]);
}

const figure = (rows: number): string => (rows === 0 ? '' : count(rows));

function rejects({ rowsRejected, rejectedByReason }: Stage): string {
  if (rowsRejected === 0) return '';
  const reasons = Object.entries(rejectedByReason).sort(([, a], [, b]) => b - a);
  return [count(rowsRejected), ...reasons.map(([code, rows]) => `${code} ${count(rows)}`)].join('\n');
}

/** Files and datasets that the run's tasks name in their outputs. */
export async function results(folder: string, { dataRoot }: Config): Promise<[string, string][]> {
  const record = await readJson<RunRecord>(join(folder, runRecordName));
  const files = (record?.tasks ?? []).flatMap(({ output }) => {
    const { html, json } = (output ?? {}) as { html?: unknown; json?: unknown };
    return [
      ...(typeof html === 'string' ? [['report', html] as const] : []),
      ...(typeof json === 'string' ? [['figures', json] as const] : []),
    ];
  });
  return [
    ...files.map(([name, path]): [string, string] => [name, shortPath(resolve(dataRoot, path))]),
    ['data', shortPath(folder)],
  ];
}

/** Relative to where the user stands, when that is shorter. */
export function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}
