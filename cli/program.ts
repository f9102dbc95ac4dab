import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { repositoryRoot } from '../embedded/setup/layout.mjs';
import { registerBackfill } from './commands/backfill.js';
import { registerCodecServer } from './commands/codec-server.js';
import { registerConfig } from './commands/config.js';
import { registerDagFiles } from './commands/dags.js';
import { registerDagSchedule } from './commands/dags-schedule.js';
import { registerData } from './commands/data.js';
import { registerDeploy } from './commands/deploy.js';
import { registerDev } from './commands/dev.js';
import { registerDoctor } from './commands/doctor.js';
import { registerOperators } from './commands/operators.js';
import { registerPools } from './commands/pools.js';
import { registerRunActions } from './commands/run-actions.js';
import { registerLogs } from './commands/run-logs.js';
import { registerRuns } from './commands/runs.js';
import { registerStart } from './commands/start.js';
import { registerTaskUpdates } from './commands/task-updates.js';
import { registerTasks } from './commands/tasks.js';
import { registerTasksClear } from './commands/tasks-clear.js';
import { registerTest } from './commands/test-dag.js';
import { registerTrigger } from './commands/trigger.js';
import { registerWorker } from './commands/worker.js';
import { registerCompletion } from './completion.js';

const exitCodesHelp = `
Exit codes:
  0    it succeeded
  1    the run failed or was cancelled, a request was refused, or the doctor found an error
  2    a mistake in the command, the settings or a DAG file: nothing was started
  3    no server or worker could be reached or started
  130  interrupted

A run is named by its Workflow ID, by <DAG>/<logical date or day>, or by a DAG's id, which is its latest run.
Commands that print data take --json, and print notes on standard error.`;

/** All commands of `nightjar`. Whoever adds one adds a line here and renews the table in docs/cli.md. */
export function nightjarProgram(): Command {
  const program = new Command('nightjar')
    .description('Runs DAGs of data and ML work on Temporal and Spark Connect.')
    .version(version(), '-V, --version', 'print the version')
    .showHelpAfterError('(--help shows what there is)')
    .configureHelp({ sortSubcommands: true })
    // Errors come to one place in the end; it also decides on the exit code.
    .exitOverride()
    .addHelpText('after', exitCodesHelp);
  const group = (name: string, description: string): Command =>
    program.command(name).description(description);

  registerStart(program);
  registerDev(program);
  registerWorker(program);
  registerCodecServer(program);
  registerDeploy(program);

  const dags = group('dags', 'look at DAGs, run them, and pause their schedules');
  registerDagFiles(dags);
  registerTrigger(dags);
  registerTest(dags);
  registerDagSchedule(dags);

  const runs = group('runs', 'look at runs of DAGs, watch and end them');
  registerRuns(runs);
  registerRunActions(runs);

  const tasks = group('tasks', "look at a run's tasks, and act on them");
  registerTasks(tasks);
  registerLogs(runs, tasks);
  registerTaskUpdates(runs, tasks);
  registerTasksClear(tasks);

  const backfill = group('backfill', 'run a DAG for dates that have passed');
  registerBackfill(backfill);

  registerOperators(program);
  registerPools(program);
  registerConfig(program);
  registerData(program);
  registerDoctor(program);
  // Last: it completes what is there by now.
  registerCompletion(program);
  return program;
}

function version(): string {
  const file = join(repositoryRoot, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
