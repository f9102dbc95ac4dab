import { join } from 'node:path';
import { Piscina } from 'piscina';
import type { Operators } from '../activities/load-operators.js';
import { claimedDagIds, type DagFile, type DagSources } from '../activities/run/dag-files.js';
import type { Made } from '../activities/run/file-cache.js';
import type { Config } from '../config/loader.js';
import { repositoryRoot } from '../embedded/setup/layout.mjs';
import { dagSources } from './dag-sources.js';

/** What one file may take, in milliseconds and MiB of heap. A module runs the user's code, which may never end. */
const defaultLimits = { time: 20_000, heap: 1_024 };

/** How long the thread waits for another file before it ends, in milliseconds. It takes half a second to start. */
const idleTimeout = 10_000;

/** What the thread needs to check documents; operators can't be handed over, so it loads them again. */
export type DagReaderSettings = Pick<DagSources, 'config'> & { operatorsFolder: string | undefined };

/** A file whose DAGs are wanted. */
export type DagFileText = { file: string; text: string };

/**
 * Reads DAG files in a thread of its own, one at a time, so that a large file or a module without end holds up neither heartbeats
 * nor `/healthz`. The thread is there while files are read. It doesn't keep the process alive.
 */
export class DagReader {
  private readonly pool: Piscina<DagFileText | undefined, Made<DagFile[]>>;
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    settings: DagReaderSettings,
    private readonly limits = defaultLimits,
  ) {
    this.pool = new Piscina({
      filename: join(repositoryRoot, 'dist/worker/dag-reader-thread.js'),
      workerData: settings,
      minThreads: 0,
      maxThreads: 1,
      idleTimeout,
      resourceLimits: { maxOldGenerationSizeMb: limits.heap },
    });
  }

  /** What keeps a file from being read is its error: then it is read again only when it has changed. */
  read(file: string, text: string): Promise<Made<DagFile[]>> {
    // Each has all of its time, so none waits inside the pool.
    const made = this.last.then(() => this.make(file, text));
    this.last = made;
    return made;
  }

  close(): Promise<void> {
    return this.pool.destroy();
  }

  private async make(file: string, text: string): Promise<Made<DagFile[]>> {
    try {
      // The start of the thread isn't the file's time.
      await this.pool.run(undefined, { name: 'ready' });
      return await this.pool.run({ file, text }, { signal: AbortSignal.timeout(this.limits.time) });
    } catch (error) {
      const [dagId] = claimedDagIds(file, text);
      const problem = { file, line: 1, column: 1, path: '', ...this.explain(error as Error) };
      return { value: [{ ok: false, file, dagId, errors: [problem] }], from: [file] };
    }
  }

  private explain(error: NodeJS.ErrnoException): { message: string; hint: string } {
    const { time, heap } = this.limits;
    if (error.name === 'AbortError') {
      const message = `reading it takes more than ${time / 1000} s, so it was given up`;
      return { message, hint: 'is there an endless loop, or a wait? A DAG file only describes tasks' };
    }
    if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') {
      const message = `reading it takes more than ${heap} MiB of memory, so it was given up`;
      return { message, hint: 'split it into several DAGs, or map a task over a list' };
    }
    const message = `reading it ended early: ${error.message}`;
    return { message, hint: 'a DAG file only describes tasks; it must not end the process' };
  }
}

/** Where DAGs are looked for by a process that must answer meanwhile: what may take long to read is read in another thread. */
export function responsiveDagSources(
  config: Config,
  operators: Operators,
  files: readonly string[] = [],
): DagSources {
  const sources = dagSources(config, operators, files);
  const reader = new DagReader({ config: sources.config, operatorsFolder: config.operators.folder });
  return { ...sources, makeElsewhere: (file, text) => reader.read(file, text) };
}
