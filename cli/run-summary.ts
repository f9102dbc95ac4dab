import { join, relative, resolve } from 'node:path';
import Table from 'cli-table3';
import { readJson } from '../activities/context/files.js';
import { runFolder, runIdOf } from '../activities/context/layout.js';
import { logFileName } from '../activities/context/run-log.js';
import { type RunRecord, runRecordName } from '../activities/run/run-record.js';
import type { Config } from '../config/loader.js';
import type { RunView } from '../workflows/run-view.js';
import { count, duration, metric, painter } from './format.js';
import { type Stage, stagesOf } from './stages.js';
import type { RunEnd } from './watch-run.js';

type Run = { workflowId: string; dagId: string; config: Config; workerLog: string };

/** Prints how a run ended: its stages, then where the results are, or why it failed and what to do next. */
export async function printOutcome(end: RunEnd, run: Run): Promise<void> {
  const { bold, green, red } = painter(process.stdout.isTTY === true);
  const say = (line: string): boolean => process.stdout.write(`${line}\n`);
  if (end.view !== undefined) say(stageTable(end.view));
  const folder = runFolder(resolve(run.config.dataRoot), run.dagId, runIdOf(run.dagId, run.workflowId));
  const log = shortPath(join(folder, logFileName));
  if (!end.ok) {
    say(end.cancelled ? `${red('cancelled')} ${run.workflowId}` : `${red('✖')} ${end.error}`);
    say(`Log of the run: ${log}   of the worker: ${shortPath(run.workerLog)}`);
    return;
  }
  say(`${green('✔')} ${bold(run.workflowId)} succeeded`);
  for (const [name, path] of await results(folder, run.config)) say(`  ${`${name}:`.padEnd(10)} ${path}`);
  say(`  ${'log:'.padEnd(10)} ${log}`);
}

function stageTable(view: RunView): string {
  const table = new Table({
    head: ['Stage', 'State', 'Tries', 'Time', 'Rows read', 'Rows written', 'Rejected', 'Metrics'],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  });
  for (const stage of stagesOf(view, Date.now())) {
    table.push([
      stage.instances > 1 ? `${stage.taskId} × ${stage.instances}` : stage.taskId,
      stage.reused ? `${stage.state} (reused)` : stage.state,
      stage.tries === 0 ? '' : String(stage.tries),
      stage.elapsedMs === undefined ? '' : duration(stage.elapsedMs),
      figure(stage.rowsRead),
      figure(stage.rowsWritten),
      rejects(stage),
      Object.entries(stage.metrics)
        .map(([name, value]) => `${name} ${metric(value)}`)
        .join('\n'),
    ]);
  }
  return table.toString();
}

const figure = (rows: number): string => (rows === 0 ? '' : count(rows));

function rejects({ rowsRejected, rejectedByReason }: Stage): string {
  if (rowsRejected === 0) return '';
  const reasons = Object.entries(rejectedByReason).sort(([, a], [, b]) => b - a);
  return [count(rowsRejected), ...reasons.map(([code, rows]) => `${code} ${count(rows)}`)].join('\n');
}

/** Files and datasets that the run's tasks name in their outputs. */
async function results(folder: string, { dataRoot }: Config): Promise<[string, string][]> {
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
function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') ? path : short;
}
