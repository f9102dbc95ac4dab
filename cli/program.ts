import { Command } from 'commander';
import { registerCodecServer } from './commands/codec-server.js';
import { registerDagFiles } from './commands/dags.js';
import { registerDev } from './commands/dev.js';
import { registerOperators } from './commands/operators.js';
import { registerPools } from './commands/pools.js';
import { registerRunActions } from './commands/run-actions.js';
import { registerLogs } from './commands/run-logs.js';
import { registerRuns } from './commands/runs.js';
import { registerStart } from './commands/start.js';
import { registerTaskUpdates } from './commands/task-updates.js';
import { registerTasks } from './commands/tasks.js';
import { registerTest } from './commands/test-dag.js';
import { registerTrigger } from './commands/trigger.js';
import { registerWorker } from './commands/worker.js';

/** All commands of `nightjar`. Whoever adds one adds a line here and renews the table in docs/cli.md. */
export function nightjarProgram(): Command {
  const program = new Command('nightjar')
    .description('Runs DAGs of data and ML work on Temporal and Spark Connect.')
    .showHelpAfterError('(--help shows what there is)')
    .configureHelp({ sortSubcommands: true })
    // Errors come to one place in the end; it also decides on the exit code.
    .exitOverride();
  const group = (name: string, description: string): Command =>
    program.command(name).description(description);

  registerStart(program);
  registerDev(program);
  registerWorker(program);
  registerCodecServer(program);

  const dags = group('dags', 'look at DAGs, and run them');
  registerDagFiles(dags);
  registerTrigger(dags);
  registerTest(dags);

  const runs = group('runs', 'look at runs of DAGs, watch and end them');
  registerRuns(runs);
  registerRunActions(runs);

  const tasks = group('tasks', "look at a run's tasks, and act on them");
  registerTasks(tasks);
  registerLogs(runs, tasks);
  registerTaskUpdates(runs, tasks);

  registerOperators(program);
  registerPools(program);
  return program;
}
