import { type Client, type ScheduleHandle, ScheduleNotFoundError } from '@temporalio/client';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { loadOperators } from '../../activities/load-operators.js';
import { dataIntervalOf, nextRunAfter } from '../../activities/run/timetable.js';
import { withClientForChanges } from '../connect.js';
import { CliError } from '../exit.js';
import { findNamedDag } from '../find-dag.js';
import { type JsonOption, note, print, table, withJson } from '../output.js';
import { scheduleId } from '../schedules/settings.js';
import { hasTimes } from '../schedules/times.js';
import { readSettings, type SettingsOptions, withSettings } from '../settings.js';

type Options = SettingsOptions & JsonOption;

/** What of `nightjar dags …` is about a DAG's schedule. */
export function registerDagSchedule(dags: Command): void {
  const pause = dags
    .command('pause')
    .description("pause a DAG's schedule: runs under way go on, none is started")
    .argument('<dag>', 'the DAG, by id')
    .option('--note <text>', 'why; shown in the Temporal UI', 'paused by nightjar dags pause');
  withSettings(withJson(pause)).action((dagId: string, options: Options & { note: string }) =>
    setPaused(dagId, true, options),
  );
  const unpause = dags
    .command('unpause')
    .description("let a paused DAG's schedule go on")
    .argument('<dag>', 'the DAG, by id')
    .option('--note <text>', 'why; shown in the Temporal UI', 'unpaused by nightjar dags unpause');
  withSettings(withJson(unpause)).action((dagId: string, options: Options & { note: string }) =>
    setPaused(dagId, false, options),
  );
  const nextRun = dags
    .command('next-run')
    .description(
      "print when a DAG's schedule starts its next runs, with their data intervals; needs no server",
    )
    .argument('<dag>', 'the DAG, by id or file')
    .addOption(new Option('-n, --count <count>', 'how many').default(1).argParser(parseCount));
  withSettings(withJson(nextRun)).action(printNextRuns);
}

function parseCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 1000)
    throw new InvalidArgumentError('expected a whole number from 1 to 1000');
  return count;
}

async function setPaused(dagId: string, paused: boolean, options: Options & { note: string }): Promise<void> {
  const config = readSettings(options);
  await withClientForChanges(config, async (client) => {
    const handle = await ownSchedule(client, dagId, options);
    const { state, info } = await handle.describe();
    const word = paused ? 'paused' : 'unpaused';
    if (state.paused === paused) {
      const why = state.note ? `: ${state.note}` : '';
      note(`the schedule of "${dagId}" is ${paused ? 'paused' : 'not paused'} already${paused ? why : ''}`);
    } else if (paused) await handle.pause(options.note);
    else await handle.unpause(options.note);
    const nextRun = paused ? undefined : info.nextActionTimes[0]?.toISOString();
    print(options, { dagId, paused, ...(nextRun && { nextRun }) }, () =>
      nextRun === undefined ? `${dagId} ${word}` : `${dagId} ${word}; next run ${nextRun}`,
    );
  });
}

/** @throws CliError when the DAG has none on the server, with what to do about it */
async function ownSchedule(client: Client, dagId: string, options: Options): Promise<ScheduleHandle> {
  const config = readSettings(options);
  const handle = client.schedule.getHandle(scheduleId(dagId));
  const present = await handle.describe().catch((error: unknown) => {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  });
  if (present === undefined) {
    const { dag } = await findNamedDag(dagId, config, await loadOperators(config.operators.folder));
    const why = hasTimes(dag) ? 'it is not deployed: run `nightjar deploy`' : 'it is not scheduled by times';
    throw new CliError(`DAG "${dagId}" has no schedule on the server: ${why}`);
  }
  if (present.memo?.owner !== 'nightjar' || present.action.taskQueue !== config.temporal.taskQueue)
    throw new CliError(
      `schedule ${scheduleId(dagId)} is not this installation's: it starts runs on task queue "${present.action.taskQueue}"`,
    );
  return handle;
}

async function printNextRuns(name: string, options: Options & { count: number }): Promise<void> {
  const config = readSettings(options);
  const { dag } = await findNamedDag(name, config, await loadOperators(config.operators.folder));
  if (!hasTimes(dag)) throw new CliError(`DAG "${dag.dagId}" is not scheduled by times`);
  const runs: { logicalDate: string; dataIntervalStart: string; dataIntervalEnd: string }[] = [];
  let next = nextRunAfter(dag, new Date());
  for (; next !== undefined && runs.length < options.count; next = nextRunAfter(dag, next)) {
    const { start, end } = dataIntervalOf(dag, next);
    runs.push({
      logicalDate: next.toISOString(),
      dataIntervalStart: start.toISOString(),
      dataIntervalEnd: end.toISOString(),
    });
  }
  if (runs.length === 0) note(`no run of "${dag.dagId}" is due any more`);
  print(options, runs, () =>
    table(runs, [
      { head: 'Logical date', of: ({ logicalDate }) => logicalDate },
      { head: `In ${dag.timezone}`, of: ({ logicalDate }) => localTime(logicalDate, dag.timezone) },
      { head: 'Data interval from', of: ({ dataIntervalStart }) => dataIntervalStart },
      { head: 'to', of: ({ dataIntervalEnd }) => dataIntervalEnd },
    ]),
  );
}

const localTime = (time: string, timeZone: string): string =>
  new Date(time).toLocaleString('en-GB', { timeZone, dateStyle: 'full', timeStyle: 'short' });
