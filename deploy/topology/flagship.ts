import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { manifestName, runFolder } from '../../activities/context/layout.js';
import type { RunRecord } from '../../activities/run/run-record.js';
import type { RunView } from '../../workflows/run-view.js';

export const dagId = 'task-log-analytics';

/** Runs of the flagship DAG, and what they leave in the data root. */
export class Flagship {
  constructor(
    private readonly client: Client,
    readonly dataRoot: string,
    private readonly records: number,
  ) {}

  workflowId = (run: string): string => `${dagId}/${run}`;

  async start(run: string): Promise<void> {
    await this.client.workflow.start(dagId, {
      workflowId: this.workflowId(run),
      taskQueue: 'nightjar',
      args: [{ settings: { 'generate.records': this.records } }],
    });
  }

  /** Waits for a run's end, telling of every change of a task. @throws when the run failed */
  async finish(run: string, tell: (line: string) => void): Promise<RunRecord> {
    const handle = this.client.workflow.getHandle(this.workflowId(run));
    const seen = new Map<string, string>();
    let ended = false;
    const result = handle.result().finally(() => {
      ended = true;
    });
    const watch = async (): Promise<void> => {
      while (!ended) {
        // Nobody answers while a worker that is gone has not been missed yet.
        const view = await handle.query<RunView | undefined>('state').catch(() => undefined);
        for (const { key, state } of view?.tasks ?? []) {
          if (seen.get(key) === state) continue;
          seen.set(key, state);
          if (state !== 'none' && state !== 'scheduled') tell(`  ${key}: ${state}`);
        }
        await sleep(500);
      }
    };
    await Promise.all([result, watch()]);
    return JSON.parse(await readFile(join(this.folder(run), 'run.json'), 'utf8'));
  }

  /** What tasks said of their Spark sessions and operations, by the run's log. */
  async sparkLog(run: string): Promise<Record<string, string>[]> {
    const log = await readFile(join(this.folder(run), 'run.log'), 'utf8');
    return log
      .split('\n')
      .filter((line) => /Spark (session opened|operation)"/.test(line))
      .map((line) => JSON.parse(line));
  }

  /** The committed tries of each task: more than one would be data twice. */
  async committed(run: string): Promise<Record<string, number>> {
    const folder = this.folder(run);
    const counts: Record<string, number> = {};
    for (const file of await readdir(folder, { recursive: true })) {
      const [task = '', , name] = file.split('/');
      if (name === manifestName) counts[task] = (counts[task] ?? 0) + 1;
    }
    return counts;
  }

  private folder = (run: string): string => runFolder(this.dataRoot, dagId, run);
}
