import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { serverEnvironment } from './setup/environment.mjs';
import { signalGroup } from './setup/process-identity.mjs';
import type { ServiceEvent, ServiceSpec, SupervisorCommand } from './supervisor.mjs';

export type { ServiceEvent, ServiceSpec } from './supervisor.mjs';

/** A process that is kept running by a supervisor. */
export interface Service {
  readonly name: string;
  /** Pid of the service itself, not of its supervisor; undefined while it is being restarted and after its end. */
  pid(): number | undefined;
  /** Ends the service (SIGTERM, then SIGKILL) and its supervisor, and waits for both. May be called repeatedly. */
  stop(): Promise<void>;
  /** Ends the service with all its processes by SIGKILL, and it stays gone: as when its machine is lost. */
  kill(): Promise<void>;
}

/** A service that did not get ready. */
export class ServiceStartError extends Error {
  override readonly name = 'ServiceStartError';
  constructor(
    service: string,
    readonly reason: string,
    /** What the service printed. */
    readonly output: string,
    readonly logFile: string,
  ) {
    super(`${service} ${reason}. Log: ${logFile}${output && `\n${excerpt(output)}`}`);
  }

  /** Whether another process had taken a port that the service wanted. */
  get portTaken(): boolean {
    return /address already in use|BindException/i.test(this.output);
  }
}

/** First and last lines of a log: a stack trace's cause may be at either end. */
export function excerpt(output: string): string {
  const lines = output.trimEnd().split('\n');
  return (lines.length <= 20 ? lines : [...lines.slice(0, 8), '…', ...lines.slice(-12)]).join('\n');
}

/**
 * Starts a process under a supervisor of its own: restarted when it crashes, ended when this process ends in whatever
 * way. Resolves once the service is healthy. It does not keep this process from exiting.
 *
 * @param onEvent is called when the service crashed, was restarted, or was given up (`failed`).
 * @throws ServiceStartError when the service ends, or stays unhealthy, before it was ready for the first time
 */
export async function startService(
  spec: ServiceSpec,
  onEvent: (event: ServiceEvent) => void = () => {},
): Promise<Service> {
  const supervisor = spawn(process.execPath, [path.join(import.meta.dirname, 'supervisor.mjs')], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    detached: true,
    // Neither secrets nor flags such as --inspect: what the service needs of those comes with the spec.
    env: serverEnvironment(),
  });
  const ended = once(supervisor, 'exit');
  let pid: number | undefined;
  let state: 'starting' | 'running' | 'stopped' = 'starting';

  const stop = async () => {
    state = 'stopped';
    supervisor.ref();
    send(supervisor, { type: 'stop' });
    await ended;
  };
  const kill = async () => {
    state = 'stopped';
    supervisor.ref();
    // The supervisor first, which would start the service again.
    supervisor.kill('SIGKILL');
    await ended;
  };
  const ready = new Promise<void>((resolve, reject) => {
    const fail = (reason: string, output: string) => {
      if (state === 'starting') reject(new ServiceStartError(spec.name, reason, output, spec.logFile));
      else if (state === 'running') onEvent({ type: 'failed', reason, output });
      state = 'stopped';
    };
    supervisor.on('message', (message) => {
      const event = message as ServiceEvent;
      pid = 'pid' in event ? event.pid : undefined;
      if (event.type === 'failed') return fail(event.reason, event.output);
      if (event.type !== 'ready') return onEvent(event);
      state = 'running';
      resolve();
    });
    supervisor.on('error', (error) => fail(`could not be supervised (${error.message})`, ''));
    supervisor.on('exit', () => {
      // Somebody killed the supervisor: better no server than one that nobody watches.
      if (pid !== undefined) signalGroup(pid, 'SIGKILL');
      pid = undefined;
      fail('lost its supervisor', '');
    });
  });

  send(supervisor, { type: 'start', spec });
  await ready;
  supervisor.unref();
  supervisor.channel?.unref();
  return { name: spec.name, pid: () => pid, stop, kill };
}

function send(supervisor: ChildProcess, command: SupervisorCommand): void {
  if (supervisor.connected) supervisor.send(command, () => {});
}
