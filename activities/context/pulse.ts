import type { Context } from '@temporalio/activity';
import type { Progress } from '../operator.js';
import { maskJson } from '../secrets.js';
import type { SensorTally } from '../sensor-attempts.js';

/** How often a live task tells the server that it is alive, as a share of the heartbeat timeout, and in milliseconds at most. */
const heartbeatShare = 1 / 4;
const longestPeriod = 1_000;

/** Heartbeats on a timer, so that a lost worker is noticed soon however long a step takes; samples memory on the way. */
export class Pulse {
  private last: Progress & { sensor?: SensorTally } = {};
  private peak = rss();
  private readonly metronome: Metronome;

  constructor(
    private readonly activity: Context,
    heartbeatTimeoutMs: number | undefined,
  ) {
    // What the former attempts noted is theirs to lose: a heartbeat replaces all that the last one said.
    const { sensor } = (activity.info.heartbeatDetails ?? {}) as { sensor?: SensorTally };
    if (sensor !== undefined) this.last = { sensor };
    this.metronome = metronomeOf(
      Math.min(longestPeriod, (heartbeatTimeoutMs ?? Number.POSITIVE_INFINITY) * heartbeatShare),
    );
    this.metronome.add(this.beat);
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
    this.metronome.remove(this.beat);
  }

  private readonly beat = (): void => {
    this.peakMemory();
    this.activity.heartbeat(maskJson(this.last));
  };
}

/** Calls its listeners once in a period. Tasks share one: a timer for each would take longer than many of them do. */
class Metronome {
  private readonly listeners = new Set<() => void>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly period: number) {}

  add(listener: () => void): void {
    this.listeners.add(listener);
    this.timer ??= setInterval(() => this.tick(), this.period);
  }

  remove(listener: () => void): void {
    this.listeners.delete(listener);
  }

  private tick(): void {
    for (const listener of this.listeners) listener();
    if (this.listeners.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

const metronomes = new Map<number, Metronome>();

function metronomeOf(period: number): Metronome {
  const metronome = metronomes.get(period) ?? new Metronome(period);
  metronomes.set(period, metronome);
  return metronome;
}

/** The tasks of a process share its memory, and a look at it is a read from the kernel: one in so many milliseconds does. */
const sampleInterval = 100;
let sample = { at: Number.NEGATIVE_INFINITY, bytes: 0 };

function rss(): number {
  const now = performance.now();
  if (now - sample.at >= sampleInterval) sample = { at: now, bytes: process.memoryUsage.rss() };
  return sample.bytes;
}
