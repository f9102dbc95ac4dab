import { CancellationScope, condition } from '@temporalio/workflow';
import type { TaskSpec } from '../dag/document.js';
import { StartQueue } from './start-queue.js';

/** Temporal takes at most 2,000 pending activities of a workflow; a quarter of them keeps its histories handy. */
const maxPending = 500;

/** How many instances of a run may be at work at once, by the limit of its DAG. */
export const mostActive = (maxActiveTasks = maxPending): number => Math.min(maxActiveTasks, maxPending);

/** How long new tasks are held back for a quiet moment, before those that take long are given way. */
const drainingPatience = '10m';

/** What a run has at work: so much at once as its DAG allows, and given up when the run stops, all but teardowns. */
export class Work {
  private readonly queue: StartQueue;
  private tasks = CancellationScope.current();
  private teardowns = CancellationScope.current();
  private inHand = 0;
  private isStopped = false;

  /**
   * @param capacity How many instances may be at work at once
   * @param onDone Called whenever something is done
   */
  constructor(
    readonly capacity: number,
    private readonly onDone: () => void,
  ) {
    this.queue = new StartQueue(capacity);
  }

  /** Whether nothing is at work. */
  get isQuiet(): boolean {
    return this.inHand === 0;
  }

  /** Calls `drive`, which starts tasks, in their scope; teardowns belong to the scope that this is called in. */
  within<T>(drive: () => Promise<T>): Promise<T> {
    this.teardowns = CancellationScope.current();
    this.tasks = new CancellationScope();
    return this.tasks.run(drive);
  }

  scopeOf({ teardown }: TaskSpec): CancellationScope {
    return teardown === undefined ? this.tasks : this.teardowns;
  }

  /**
   * Calls `start` when there is room for `weight`, which is to be released. When the run stops, or has stopped, `drop` is
   * called instead, unless it is of a teardown.
   */
  offer(
    task: TaskSpec,
    { weight, start, drop }: { weight: number; start: () => void; drop: () => void },
  ): void {
    const { priority, teardown } = task;
    if (teardown !== undefined) {
      const again = (): void => this.offer(task, { weight, start, drop });
      this.queue.offer({ weight, priority, start, drop: again });
    } else if (this.isStopped) drop();
    else this.queue.offer({ weight, priority, start, drop });
  }

  release(weight: number): void {
    this.queue.release(weight);
  }

  /** Does `work` of a task, which is in hand meanwhile, and then what follows from how it ended. */
  occupy<T>(task: TaskSpec, work: () => Promise<T>, then: (ended: T) => void): void {
    this.inHand++;
    const done = (ended: T): void => {
      this.inHand--;
      then(ended);
      this.onDone();
    };
    const scope = this.scopeOf(task);
    const perform = (): Promise<void> => work().then(done);
    // To enter a scope takes promises, which are what a task costs here; most tasks are started within theirs.
    void (scope === CancellationScope.current() ? perform() : scope.run(perform));
  }

  /** Whether something that is offered now starts at once. */
  get hasRoom(): boolean {
    return this.queue.hasRoom;
  }

  /** Counts something as in hand until what is returned is called. */
  keepInHand(): () => void {
    this.inHand++;
    return () => {
      this.inHand--;
      this.onDone();
    };
  }

  /** Gives up what is at work and what waits. */
  stop(): void {
    this.isStopped = true;
    this.tasks.cancel();
    this.queue.resume();
    this.queue.clear();
  }

  /** Holds back what is new until nothing is at work; false when that took too long or the run was stopped. */
  async drain(): Promise<boolean> {
    this.queue.pause();
    await this.teardowns.run(() => condition(() => this.isQuiet || this.isStopped, drainingPatience));
    if (this.isQuiet && !this.isStopped) return true;
    this.queue.resume();
    return false;
  }
}
