import type {
  ActiveRun,
  BackfillCounts,
  BackfillPage,
  BackfillPlan,
  BackfillRun,
  BackfillState,
  BackfillSummary,
  BackfillView,
  RunInFlight,
  UnsuccessfulRun,
} from './messages.js';

/** More are counted, but not listed: a view is one payload. */
const maxListed = 50;
const maxReason = 300;

/** What a backfill that continues as new hands to itself. Runs are drained before, so none is active. */
export type CarriedBackfill = {
  plan: BackfillPlan;
  paused: boolean;
  cursor?: string;
  done: boolean;
  ready: BackfillRun[];
  counts: Pick<BackfillCounts, 'success' | 'failed' | 'cancelled' | 'existing' | 'inFlight'>;
  unsuccessful: UnsuccessfulRun[];
  inFlight: RunInFlight[];
};

/** Decides which run of a backfill starts when, and counts. The same whatever runs them. */
export class Backfill {
  private plan: BackfillPlan;
  private paused = false;
  private cancelled = false;
  private draining = false;
  private cursor: string | undefined;
  private done = false;
  private ready: BackfillRun[] = [];
  private readonly active = new Map<string, ActiveRun>();
  /** Those of the active runs that are held, by workflow id: they take no place. */
  private readonly held = new Set<string>();
  private readonly counts = { success: 0, failed: 0, cancelled: 0, existing: 0, inFlight: 0 };
  private readonly unsuccessful: UnsuccessfulRun[] = [];
  private readonly inFlight: RunInFlight[] = [];

  constructor(plan: BackfillPlan, carried?: Omit<CarriedBackfill, 'plan'>) {
    this.plan = plan;
    if (carried === undefined) return;
    const { paused, cursor, done, ready, counts, unsuccessful, inFlight } = carried;
    this.paused = paused;
    this.cursor = cursor;
    this.done = done;
    this.ready = [...ready];
    Object.assign(this.counts, counts);
    this.unsuccessful.push(...unsuccessful);
    this.inFlight.push(...inFlight);
  }

  /** How many more runs to look for, and after which date; undefined when none is needed now. */
  wanted(): { count: number; after: string | undefined } | undefined {
    const count = this.free - this.ready.length;
    return this.done || count <= 0 ? undefined : { count, after: this.cursor };
  }

  /** Takes in what a look has found. */
  found({ runs, existing, inFlight, cursor, done }: BackfillPage): void {
    this.ready.push(...runs);
    this.counts.existing += existing;
    for (const run of inFlight) this.leave(run);
    this.cursor = cursor ?? this.cursor;
    this.done = done;
  }

  /** The runs to start now; they count as active from here on. */
  start(now: number): BackfillRun[] {
    const runs = this.ready.splice(0, Math.max(0, this.free));
    const since = new Date(now).toISOString();
    for (const { logicalDate, workflowId } of runs) {
      this.active.set(logicalDate, { logicalDate, workflowId, since });
    }
    return runs;
  }

  /** An active run has ended. @throws Error when it isn't active */
  ended(logicalDate: string, state: 'success' | 'failed' | 'cancelled', reason = ''): void {
    const { workflowId } = this.take(logicalDate);
    this.counts[state]++;
    if (state === 'success' || this.unsuccessful.length >= maxListed) return;
    const text = reason.length > maxReason ? `${reason.slice(0, maxReason - 1)}…` : reason;
    this.unsuccessful.push({ logicalDate, workflowId, state, reason: text });
  }

  /** An active run could not be started, as somebody else was faster. @throws Error when it isn't active */
  wasTaken(logicalDate: string): void {
    const { workflowId } = this.take(logicalDate);
    this.leave({ logicalDate, workflowId });
  }

  /** An active run is held, or goes on. Of any other run it changes nothing. */
  hold(workflowId: string, held: boolean): void {
    const isActive = [...this.active.values()].some((run) => run.workflowId === workflowId);
    if (held && isActive) this.held.add(workflowId);
    else this.held.delete(workflowId);
  }

  get heldRuns(): number {
    return this.held.size;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
  }

  get isPaused(): boolean {
    return this.paused;
  }

  setMaxActiveRuns(maxActiveRuns: number): void {
    this.plan = { ...this.plan, maxActiveRuns };
  }

  /** Starts nothing any more; what is active is to be cancelled. */
  cancel(): void {
    this.cancelled = true;
    this.ready = [];
  }

  /** Starts nothing until it continues from {@link carry}. */
  drain(): void {
    this.draining = true;
  }

  get isDrained(): boolean {
    return this.draining && this.active.size === 0;
  }

  get isOver(): boolean {
    return this.active.size === 0 && (this.cancelled || (this.done && this.ready.length === 0));
  }

  get state(): BackfillState {
    if (this.cancelled) return 'cancelled';
    if (!this.isOver) return this.paused ? 'paused' : 'running';
    return this.counts.failed + this.counts.cancelled > 0 ? 'failed' : 'success';
  }

  summary(): BackfillSummary {
    const { dagId, fromDate, toDate, total, maxActiveRuns, reprocess, runBackwards } = this.plan;
    const plan = { dagId, fromDate, toDate, total, maxActiveRuns, reprocess, runBackwards };
    return { ...plan, state: this.state, counts: this.allCounts() };
  }

  view(): BackfillView {
    const { timetable, params } = this.plan;
    return {
      ...this.summary(),
      timezone: timetable.timezone,
      params,
      active: [...this.active.values()].filter(({ workflowId }) => !this.held.has(workflowId)),
      held: [...this.active.values()].filter(({ workflowId }) => this.held.has(workflowId)),
      unsuccessful: [...this.unsuccessful],
      inFlight: [...this.inFlight],
    };
  }

  /** @throws Error while runs are active */
  carry(): CarriedBackfill {
    if (this.active.size > 0) throw new Error('a backfill continues when none of its runs is active');
    const { plan, paused, cursor, done, ready, counts, unsuccessful, inFlight } = this;
    return {
      plan,
      paused,
      ...(cursor === undefined ? {} : { cursor }),
      done,
      ready,
      counts,
      unsuccessful,
      inFlight,
    };
  }

  private get free(): number {
    if (this.paused || this.cancelled || this.draining) return 0;
    return this.plan.maxActiveRuns - (this.active.size - this.held.size);
  }

  private leave(run: RunInFlight): void {
    this.counts.inFlight++;
    if (this.inFlight.length < maxListed) this.inFlight.push(run);
  }

  private take(logicalDate: string): ActiveRun {
    const run = this.active.get(logicalDate);
    if (run === undefined) throw new Error(`the run of ${logicalDate} is not active`);
    this.active.delete(logicalDate);
    this.held.delete(run.workflowId);
    return run;
  }

  private allCounts(): BackfillCounts {
    const [active, held] = [this.active.size - this.held.size, this.held.size];
    const settled = Object.values(this.counts).reduce((sum, count) => sum + count, 0);
    return { waiting: this.plan.total - active - held - settled, active, held, ...this.counts };
  }
}
