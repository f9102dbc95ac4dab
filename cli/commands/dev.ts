import { once } from 'node:events';
import type { Command } from 'commander';
import { loadOperators } from '../../activities/load-operators.js';
import { responsiveDagSources } from '../../worker/dag-reader.js';
import { painter } from '../format.js';
import { followSchedules } from '../schedules/follow.js';
import { startCluster } from '../servers.js';
import { readSettings, type SettingsOptions, withSettings } from '../settings.js';

/** `nightjar dev`: servers, a worker and the DAGs' schedules, until Ctrl-C. */
export function registerDev(program: Command): void {
  withSettings(
    program.command('dev').description('keep servers, a worker and the schedules up until Ctrl-C'),
  ).action(dev);
}

async function dev(options: SettingsOptions): Promise<void> {
  const tell = (line: string): boolean => process.stderr.write(`${line}\n`);
  const { bold } = painter(process.stderr.isTTY === true);
  const config = readSettings(options);
  const sources = responsiveDagSources(config, await loadOperators(config.operators.folder));
  const cluster = await startCluster({ config, settings: options, dagFiles: [], tell });
  try {
    // A first time before it is told that all is up.
    const follow = await followSchedules(cluster.client, config, sources, tell);
    tell(`Temporal UI  ${bold(cluster.temporalUi ?? `that of ${config.temporal.address}`)}`);
    if (cluster.sparkUi !== undefined) tell(`Spark UI     ${bold(cluster.sparkUi)}`);
    tell(`Worker log   ${cluster.workerLog}`);
    tell(
      `To run a DAG by hand: Start Workflow in the Temporal UI, task queue "${config.temporal.taskQueue}", type = DAG id. Ctrl-C stops.`,
    );
    // Signals alone do not keep the process alive, nor do the servers.
    const alive = setInterval(() => {}, 2 ** 30);
    await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
    await follow.stop();
    clearInterval(alive);
    tell('stopping …');
  } finally {
    await cluster.stop();
  }
}
