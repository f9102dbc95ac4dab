import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Client } from '@temporalio/client';
import { type Command, InvalidArgumentError } from 'commander';
import { type Collection, collect, isRecordOpen, type Standing } from '../../activities/retention/collect.js';
import { endOf, type Removal } from '../../activities/retention/plan.js';
import { emptyTrash, remove } from '../../activities/retention/remove.js';
import { readStoredRuns, type StoredRun, storedDags } from '../../activities/retention/stored-runs.js';
import type { Config } from '../../config/loader.js';
import { formatBytes } from '../../dag/bytes.js';
import { formatDuration, parseDuration } from '../../dag/duration.js';
import { didYouMean } from '../../dag/nearest.js';
import { withClient, withClientForChanges } from '../connect.js';
import { CliError, exitCodes } from '../exit.js';
import { type JsonOption, note, plural, print, table, withJson } from '../output.js';
import { readSettings, type SettingsOptions, withSettings } from '../settings.js';

/** `nightjar data …`: what runs have left on disk. */
export function registerData(program: Command): void {
  const data = program.command('data').description('look at what runs have left on disk, and remove it');
  const dag = ['[dag]', 'only runs of this DAG'] as const;
  const list = data
    .command('list')
    .argument(...dag)
    .description('list the runs that are on disk, the last started first; needs no server');
  withSettings(withJson(list)).action(listRuns);
  const gc = data
    .command('gc')
    .argument(...dag)
    .description('remove data of old runs, and what failed tries have left')
    .option('--keep <count>', 'runs of each DAG that keep their data, the last ones', parseCount)
    .option('--older-than <duration>', 'only what ended so long ago, such as 12h or 30d', parseAge)
    .option('--records', 'remove records and logs too: whole runs')
    .option('--dry-run', 'only say what would be removed')
    .option('--yes', "don't ask")
    .option('--offline', 'ask no server which runs are open: go by their records')
    .option(
      '--forgotten',
      "count runs as ended that never ended by their records, when the server doesn't know them",
    )
    .addHelpText(
      'after',
      `
Without --keep and --older-than the settings retention.keepRuns and retention.olderThan count. With neither, only what failed
tries have left goes, after a day. Kept in any case: the current run of each DAG, runs that are open, and runs whose data
others use that are kept.

  nightjar data gc --keep 10 --older-than 30d --dry-run`,
    );
  withSettings(withJson(gc)).action(collectGarbage);
}

function parseCount(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('expected a whole number, 0 or more');
  return Number(text);
}

function parseAge(text: string): number {
  const age = parseDuration(text);
  if (age === undefined) throw new InvalidArgumentError('expected a duration such as 12h or 30d');
  return age;
}

async function listRuns(dagId: string | undefined, options: SettingsOptions & JsonOption): Promise<void> {
  const dataRoot = resolve(readSettings(options).dataRoot);
  if (dagId !== undefined) await refuseUnknown(dagId, dataRoot);
  const { runs, strange } = await readStoredRuns(dataRoot, dagId);
  const rows = runs.map((run) => ({
    ...inShort(run),
    bytes: run.bytes,
    current: run.current,
    folder: run.folder,
  }));
  print(options, rows, () =>
    table(rows, [
      { head: 'Run', of: ({ workflowId }) => workflowId },
      { head: 'State', of: ({ state }) => state },
      { head: 'Size', of: ({ bytes }) => formatBytes(bytes), align: 'right' },
      { head: 'Age', of: ({ endedAt }) => age(Date.parse(endedAt)), align: 'right' },
      { head: 'Current', of: ({ current }) => (current ? 'yes' : '') },
    ]),
  );
  if (!options.json)
    note(
      `${plural(rows.length, 'run')}, ${formatBytes(rows.reduce((sum, { bytes }) => sum + bytes, 0))} at ${dataRoot}`,
    );
  noteStrange(strange);
}

/** How long ago, in its two largest units. */
function age(since: number): string {
  const parts = formatDuration(Math.max(0, Math.round((Date.now() - since) / 1000) * 1000)).match(
    /\d+[a-z]+/g,
  );
  return (parts ?? []).slice(0, 2).join('');
}

const inShort = (run: StoredRun) => ({
  dagId: run.dagId,
  workflowId: run.record.workflowId,
  state: run.record.state,
  endedAt: new Date(endOf(run)).toISOString(),
});

type GcOptions = SettingsOptions &
  JsonOption & {
    keep?: number;
    olderThan?: number;
    records?: true;
    dryRun?: true;
    yes?: true;
    offline?: true;
    forgotten?: true;
  };

async function collectGarbage(dagId: string | undefined, options: GcOptions): Promise<void> {
  const config = readSettings(options);
  const mayAsk = process.stdin.isTTY === true && process.stderr.isTTY === true;
  if (!options.dryRun && !options.yes && !mayAsk)
    throw new CliError(
      'nobody can be asked here: say --yes to remove, or --dry-run to see what would be removed',
    );
  if (options.offline)
    return gc(dagId, options, config, async (run) => (isRecordOpen(run) ? 'open' : 'closed'));
  await (options.dryRun ? withClient : withClientForChanges)(config, (client) =>
    gc(dagId, options, config, (run) => standing(client, run)),
  ).catch((error: unknown) => {
    if (!(error instanceof Error) || error.name !== 'ConnectionError') throw error;
    throw new CliError(
      `${error.message}\nWithout it nobody knows which runs are open. --offline goes by their records alone: safe when no run was reset`,
      exitCodes.unavailable,
    );
  });
}

/** The server's word; a Workflow ID stands for all tries at its run. */
async function standing(client: Client, { record: { workflowId } }: StoredRun): Promise<Standing> {
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING' ? 'open' : 'closed';
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowNotFoundError') return 'unknown';
    throw error;
  }
}

async function gc(
  dagId: string | undefined,
  options: GcOptions,
  config: Config,
  standingOf: (run: StoredRun) => Promise<Standing>,
): Promise<void> {
  const dataRoot = resolve(config.dataRoot);
  if (dagId !== undefined) await refuseUnknown(dagId, dataRoot);
  const find = (): Promise<Collection> =>
    collect({
      dataRoot,
      retention: retentionOf(options, config),
      dagId,
      standingOf,
      forgotten: options.forgotten === true,
      now: Date.now(),
    });
  const found = await find();
  let { removals } = found;
  tellWhatIsLeft(found);
  if (!options.dryRun && !options.yes && removals.length > 0) {
    if (!(await agreed(removals))) {
      note('nothing was removed');
      return;
    }
    // Runs may have started while the user thought, and some may use what was to go.
    const asked = new Set(removals.map(({ run, what }) => `${what} ${run.folder}`));
    removals = (await find()).removals.filter(({ run, what }) => asked.has(`${what} ${run.folder}`));
  }
  const removed = options.dryRun ? removals : await removeAll(removals, dataRoot, standingOf);
  const rows = removed.map(({ run, what, bytes }) => ({ ...inShort(run), what, bytes }));
  print(options, { removed: rows, bytes: bytesOf(removed), dryRun: options.dryRun === true }, () =>
    [
      ...(removed.length === 0 ? [] : [removalTable(removed)]),
      `${options.dryRun ? 'would remove' : 'removed'} ${sum(removed)}`,
    ].join('\n'),
  );
}

function retentionOf({ keep, olderThan, records }: GcOptions, { retention }: Config) {
  const given = keep !== undefined || olderThan !== undefined;
  const keepRuns = given ? keep : retention.keepRuns;
  const least = given ? olderThan : retention.olderThan && parseDuration(retention.olderThan);
  return {
    ...(keepRuns === undefined ? {} : { keep: keepRuns }),
    ...(typeof least === 'number' ? { olderThan: least } : {}),
    records: records === true,
  };
}

/** A run that has been opened again since it was looked at is left. */
async function removeAll(
  removals: readonly Removal[],
  dataRoot: string,
  standingOf: (run: StoredRun) => Promise<Standing>,
): Promise<Removal[]> {
  await emptyTrash(dataRoot);
  const removed: Removal[] = [];
  for (const each of removals) {
    if ((await standingOf(each.run)) === 'open') continue;
    await remove(each, dataRoot);
    removed.push(each);
  }
  await emptyTrash(dataRoot);
  return removed;
}

async function agreed(removals: readonly Removal[]): Promise<boolean> {
  note(removalTable(removals));
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await asking.question(`Remove ${sum(removals)}? [y/N] `)).trim());
  } finally {
    asking.close();
  }
}

const words = { run: 'all', data: 'data', uncommitted: 'failed tries' } as const;

const removalTable = (removals: readonly Removal[]): string =>
  table(removals, [
    { head: 'Run', of: ({ run }) => run.record.workflowId },
    { head: 'Removed', of: ({ what }) => words[what] },
    { head: 'Size', of: ({ bytes }) => formatBytes(bytes), align: 'right' },
    { head: 'Age', of: ({ run }) => age(endOf(run)), align: 'right' },
  ]);

const bytesOf = (removals: readonly Removal[]): number =>
  removals.reduce((total, { bytes }) => total + bytes, 0);
const sum = (removals: readonly Removal[]): string =>
  `${formatBytes(bytesOf(removals))} of ${plural(removals.length, 'run')}`;

function tellWhatIsLeft({ open, unclear, strange }: Collection): void {
  const names = (runs: readonly StoredRun[]): string =>
    runs.map(({ record }) => record.workflowId).join(', ');
  if (open.length > 0) note(`left, as they are open: ${names(open)}`);
  if (unclear.length > 0)
    note(
      `left, as they never ended by their records and the server doesn't know them (--forgotten counts them as ended): ${names(unclear)}`,
    );
  noteStrange(strange);
}

function noteStrange(folders: readonly string[]): void {
  if (folders.length > 0) note(`left alone, as they hold no record of a run: ${folders.join(', ')}`);
}

async function refuseUnknown(dagId: string, dataRoot: string): Promise<void> {
  const known = await storedDags(dataRoot);
  if (known.includes(dagId)) return;
  const hint = didYouMean(dagId, known);
  throw new CliError(
    `there are no data of a DAG "${dagId}" at ${dataRoot}${hint === undefined ? '' : ` (${hint})`}; there are of: ${known.join(', ') || 'none'}`,
  );
}
