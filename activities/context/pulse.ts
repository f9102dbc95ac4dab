import type { Context } from '@temporalio/activity';
import type { Progress } from '../operator.js';
import { maskJson } from '../secrets.js';
import type { SensorTally } from '../sensor-attempts.js';

/** How often a live task tells the server that it is alive, as a share of the heartbeat timeout. */
const heartbeatShare = 1 / 4;

/** Heartbeats on a timer, so that a lost worker is noticed soon however long a step takes; samples memory on the way. */
export class Pulse {
  private last: Progress & { sensor?: SensorTally } = {};
  private peak = rss();
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly activity: Context,
    heartbeatTimeoutMs: number | undefined,
  ) {
    // What the former attempts noted is theirs to lose: a heartbeat replaces all that the last one said.
    const { sensor } = (activity.info.heartbeatDetails ?? {}) as { sensor?: SensorTally };
    if (sensor !== undefined) this.last = { sensor };
    this.timer = setInterval(
      () => this.beat(),
      Math.min(1000, (heartbeatTimeoutMs ?? 60_000) * heartbeatShare),
    );
  }

  report(progress: Progress = {}): void {
    const { sensor } = this.last;
    this.last = sensor === undefined ? progress : { ...progress, sensor };
    this.beat();
  }

  note(sensor: SensorTally): void {
    this.last = { ...this.last, sensor };
    this.beat();
  }

  /** Of this process while the task ran, in bytes, as far as samples show. */
  peakMemory(): number {
    this.peak = Math.max(this.peak, rss());
    return this.peak;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private beat(): void {
    this.peakMemory();
    this.activity.heartbeat(maskJson(this.last));
  }
}

/** The tasks of a process share its memory, and a look at it is a read from the kernel: one in so many milliseconds does. */
const sampleInterval = 100;
let sample = { at: Number.NEGATIVE_INFINITY, bytes: 0 };

function rss(): number {
  const now = performance.now();
  if (now - sample.at >= sampleInterval) sample = { at: now, bytes: process.memoryUsage.rss() };
  return sample.bytes;
}
