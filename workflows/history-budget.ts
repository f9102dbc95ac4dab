const mib = 1024 ** 2;

/** A run continues as new at the first quiet moment after so many events, and makes one after some more. */
const eventsBeforeContinuing = 4_000;
const eventsBeforeDraining = 6_000;

/** The same in bytes, beside the results that it took over: twice what 10,000 instances tell that return little. */
const bytesBeforeContinuing = 8 * mib;

/** Temporal terminates a workflow whose history has 50 MiB. */
const maxBytes = 48 * mib;

/** What a task instance at work may still add: an input, which a file has when it is larger, and an output. */
export const maxInlineBytes = 16 * 1024;
const bytesOfInstance = maxInlineBytes + 64 * 1024;

/** Results that leave room for a few instances at work only. */
export const maxResultBytes = 38 * mib;

/** How much of what Temporal allows an execution of a run has used. */
export class HistoryBudget {
  /** The results that were taken over, which every further execution would have as well. */
  private readonly takenOver: number;
  private events = eventsBeforeDraining;
  private bytes = bytesBeforeContinuing;

  /**
   * To be made before anything is started.
   * @param used Events and bytes of the history
   * @param goesBySize Whether bytes count, as they don't in runs that began with an earlier release. Asked when they would
   */
  constructor(
    private readonly used: () => { historyLength: number; historySize: number },
    private readonly goesBySize: () => boolean,
  ) {
    this.takenOver = used().historySize;
  }

  /** How many instances may be at work at once, so that what they still give fits; at most `most`. */
  capacity(most: number): number {
    const room = maxBytes - bytesBeforeContinuing - this.takenOver;
    const fitting = Math.max(1, Math.floor(room / bytesOfInstance));
    return fitting < most && this.goesBySize() ? fitting : most;
  }

  /** Whether the rest of the run belongs in a new execution, if one can be begun now. */
  get isLong(): boolean {
    return this.used().historyLength >= eventsBeforeContinuing || this.hasGrownBy(bytesBeforeContinuing);
  }

  /** Whether a quiet moment has to be made for that. */
  get mustDrain(): boolean {
    return this.used().historyLength >= this.events || this.hasGrownBy(this.bytes);
  }

  /** To be called when no quiet moment came. */
  postpone(): void {
    const { historyLength, historySize } = this.used();
    this.events = historyLength + eventsBeforeDraining;
    this.bytes = historySize - this.takenOver + bytesBeforeContinuing;
  }

  /** Whether no execution could hold what more tasks would give. */
  get isSpent(): boolean {
    const isFull = this.takenOver >= maxResultBytes || this.used().historySize >= maxBytes;
    return isFull && this.goesBySize();
  }

  private hasGrownBy(bytes: number): boolean {
    return this.used().historySize - this.takenOver >= bytes && this.goesBySize();
  }
}
