import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Json } from '../../dag/json.js';
import { withClient, withClientForChanges } from '../connect.js';
import { CliError, exitCodes } from '../exit.js';
import { findNamedRun, recordOf, runArgument } from '../find-run.js';
import { followRun } from '../follow-run.js';
import { isOpen, serverRun } from '../list-runs.js';
import { type JsonOption, note, print, table, withJson } from '../output.js';
import { shortPath } from '../run-summary.js';
import { readSettings, type SettingsOptions, withSettings } from '../settings.js';

type Options = SettingsOptions & JsonOption;

const pollIntervalMs = 500;

/** `nightjar runs watch|cancel|report`. */
export function registerRunActions(runs: Command): void {
  const watch = runs
    .command('watch')
    .description('watch a run to its end; the exit code tells how it ended')
    .argument('<run>', runArgument)
    .addHelpText(
      'after',
      `
Live on a terminal, a line for each change elsewhere. Ctrl-C leaves the run alone.

Examples:
  nightjar runs watch etl
  nightjar runs watch etl/2026-03-01 && echo succeeded`,
    );
  withSettings(withJson(watch, 'print how it ended as JSON')).action(watchToEnd);
  const cancel = runs
    .command('cancel')
    .description('cancel a run: its tasks and their Spark work end')
    .argument('<run>', runArgument)
    .option('--wait', 'until it has ended');
  withSettings(withJson(cancel)).action(cancelRun);
  const report = runs
    .command('report')
    .description("tell where a run's reports are, and print their figures")
    .argument('<run>', runArgument);
  withSettings(withJson(report)).action(showReport);
}

async function watchToEnd(name: string, options: Options): Promise<void> {
  const config = readSettings(options);
  await withClient(config, async (client) => {
    const { workflowId, dagId, source, state } = await findNamedRun(name, { client, config });
    if (source === 'record') {
      const hint = `\`nightjar runs show ${workflowId}\` tells what its record says`;
      throw new CliError(`the server has forgotten run ${workflowId}, which ended: ${state}; ${hint}`);
    }
    note(workflowId);
    process.exitCode = await followRun({ workflowId, dagId, client, config }, options);
  });
}

async function cancelRun(name: string, options: Options & { wait?: true }): Promise<void> {
  const config = readSettings(options);
  await withClientForChanges(config, async (client) => {
    const run = await findNamedRun(name, { client, config });
    const { workflowId, state } = run;
    if (!isOpen(run)) throw new CliError(`run ${workflowId} has ended already, state ${state}`);
    await client.workflow.getHandle(workflowId).cancel();
    let now = run;
    while (options.wait && isOpen(now)) {
      await sleep(pollIntervalMs);
      now = (await serverRun(client, workflowId)) ?? now;
    }
    print(options, now, () =>
      options.wait ? `${workflowId} has ended: ${now.state}` : `${workflowId} is being cancelled`,
    );
  });
}

/** A report that a task of the run has written. */
type Report = { task: string; html: string; json: string; figures: Record<string, Json> };

async function showReport(name: string, options: Options): Promise<void> {
  const config = readSettings(options);
  const run = await withClient(config, (client) => findNamedRun(name, { client, config }));
  const record = await recordOf(run, config);
  const reports = (record?.tasks ?? []).flatMap(({ key, output }): Report[] => {
    const { html, json, figures } = (output ?? {}) as Partial<Report>;
    if (typeof html !== 'string' || typeof json !== 'string') return [];
    const [page, data] = [html, json].map((path) => resolve(config.dataRoot, path)) as [string, string];
    return [{ task: key, html: page, json: data, figures: figures ?? {} }];
  });
  if (reports.length === 0) {
    const why = isOpen(run) ? `has written none yet, state ${run.state}` : `has none, state ${run.state}`;
    throw new CliError(
      `no report: run ${run.workflowId} ${why}; \`nightjar runs show\` tells more`,
      exitCodes.failed,
    );
  }
  print(options, { workflowId: run.workflowId, state: run.state, reports }, () =>
    reports.map(({ html, json, figures }) => reportText(html, json, figures)).join('\n'),
  );
}

function reportText(html: string, json: string, figures: Record<string, Json>): string {
  const paths = `report:  ${shortPath(html)}\nfigures: ${shortPath(json)}`;
  const rows = Object.entries(figures);
  if (rows.length === 0) return paths;
  const shown = table(rows, [
    { head: 'Figure', of: ([name]) => name },
    { head: 'Value', of: ([, value]) => String(value), align: 'right' },
  ]);
  return `${paths}\n${shown}`;
}
