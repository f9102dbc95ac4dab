type Waiting = { weight: number; priority: number; order: number; start: () => void; drop: () => void };

/**
 * Bounds how much of a run is at work at once. What doesn't fit waits: the larger priority first, then in the order of
 * arrival; nothing overtakes a heavier one of its own priority.
 */
export class StartQueue {
  private readonly waiting: Waiting[] = [];
  private used = 0;
  private arrivals = 0;
  private paused = false;

  constructor(private readonly capacity: number) {}

  /** Calls `start` now or when there is room for `weight`; the caller releases it. `drop` is called instead by {@link clear}. */
  offer(entry: { weight: number; priority: number; start: () => void; drop: () => void }): void {
    const added = { ...entry, weight: Math.min(entry.weight, this.capacity), order: this.arrivals++ };
    if (this.hasRoom && this.used + added.weight <= this.capacity) {
      this.begin(added);
      return;
    }
    this.waiting.splice(this.placeOf(added), 0, added);
    this.fill();
  }

  /** Whether something of weight 1 would start at once. */
  get hasRoom(): boolean {
    return !this.paused && this.waiting.length === 0 && this.used < this.capacity;
  }

  release(weight: number): void {
    this.used -= Math.min(weight, this.capacity);
    this.fill();
  }

  /** Starts nothing until {@link resume}. */
  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.fill();
  }

  /** Drops all that wait. */
  clear(): void {
    for (const { drop } of this.waiting.splice(0)) drop();
  }

  private fill(): void {
    if (this.paused) return;
    for (let next = this.waiting[0]; next !== undefined; next = this.waiting[0]) {
      if (this.used + next.weight > this.capacity) return;
      this.waiting.shift();
      this.begin(next);
    }
  }

  private begin({ weight, start }: Waiting): void {
    this.used += weight;
    start();
  }

  /** By bisection: a wide DAG may have thousands waiting. */
  private placeOf({ priority, order }: Waiting): number {
    let low = 0;
    let high = this.waiting.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const other = this.waiting[middle] as Waiting;
      if (other.priority > priority || (other.priority === priority && other.order < order)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
