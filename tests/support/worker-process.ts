import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from '../../embedded/setup/layout.mjs';

export type WorkerProcessOptions = {
  temporalAddress: string;
  sparkRemote: string;
  /** Holds the data root and the worker's log. */
  folder: string;
  /** More of the environment, such as `NIGHTJAR__…` settings. */
  env?: Record<string, string>;
};

/** A worker in a process of its own, as it runs in production, so that it can be killed. */
export class WorkerProcess {
  private process: ChildProcess;

  constructor(private readonly options: WorkerProcessOptions) {
    this.process = this.launch();
  }

  /** SIGKILL, as when a machine is lost. */
  async kill(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
  }

  /** It stands still, as when its machine has no time for it, until `resume`. */
  pause(): void {
    this.process.kill('SIGSTOP');
  }

  resume(): void {
    this.process.kill('SIGCONT');
  }

  /** SIGTERM, as a service manager stops it. Gives the exit code. */
  async stop(): Promise<number | null> {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      const ended = once(this.process, 'exit');
      this.process.kill('SIGTERM');
      await ended;
    }
    return this.process.exitCode;
  }

  async replace(): Promise<void> {
    await this.kill();
    this.process = this.launch();
  }

  private launch(): ChildProcess {
    const { temporalAddress, sparkRemote, folder, env } = this.options;
    const log = openSync(join(folder, 'worker.log'), 'a');
    return spawn(process.execPath, [join(repositoryRoot, 'dist/worker/main.js')], {
      cwd: repositoryRoot,
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        TEMPORAL_ADDRESS: temporalAddress,
        SPARK_REMOTE: sparkRemote,
        NIGHTJAR__DATAROOT: join(folder, 'data'),
        ...env,
      },
    });
  }
}
