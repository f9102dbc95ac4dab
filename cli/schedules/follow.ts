import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { type DagSources, readDagFiles } from '../../activities/run/dag-files.js';
import type { Config } from '../../config/loader.js';
import { formatSourceError } from '../../dag/source.js';
import { deploySchedules } from './deploy.js';
import { stepText } from './step-text.js';

/** How often the DAG files are looked at; what hasn't changed isn't read. */
const EVERY = 2_000;

/** Deploys the schedules, and again whenever DAG files change, until it is stopped. */
export async function followSchedules(
  client: Client,
  config: Config,
  sources: DagSources,
  tell: (line: string) => void,
): Promise<{ stop(): Promise<void> }> {
  let deployed = '';
  let failure = '';
  async function follow(): Promise<void> {
    const files = await readDagFiles(sources);
    const state = JSON.stringify(files.map((file) => (file.ok ? [file.file, file.hash] : file)));
    if (state === deployed) return;
    const steps = await deploySchedules(client, files, config);
    for (const file of files) if (!file.ok) for (const error of file.errors) tell(formatSourceError(error));
    for (const step of steps) if (step.action !== 'unchanged') tell(stepText(step));
    deployed = state;
    failure = '';
  }
  await follow();
  const stopping = new AbortController();
  const following = (async () => {
    for (;;) {
      await sleep(EVERY, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      await follow().catch((error: unknown) => {
        // The server may be restarting: it is tried again, and told once.
        const message = error instanceof Error ? error.message : String(error);
        if (message !== failure) tell(`the schedules could not be deployed: ${message}`);
        failure = message;
      });
    }
  })();
  return {
    stop: async () => {
      stopping.abort();
      await following;
    },
  };
}
