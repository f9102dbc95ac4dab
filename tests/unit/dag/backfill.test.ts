import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backfill, type CarriedBackfill } from '../../../dag/backfill/backfill.js';
import type { BackfillPage, BackfillPlan } from '../../../dag/backfill/messages.js';
import { choice } from '../../../dag/backfill/selection.js';

const day = (n: number): string => new Date(Date.UTC(2025, 0, 1 + n)).toISOString();

const plan = (total: number, more: Partial<BackfillPlan> = {}): BackfillPlan => ({
  dagId: 'd',
  fromDate: day(0),
  toDate: day(total),
  timetable: { schedule: { cron: '0 0 * * *' }, timezone: 'UTC' },
  total,
  maxActiveRuns: 3,
  reprocess: 'none',
  runBackwards: false,
  params: {},
  settings: {},
  searchAttributes: true,
  ...more,
});

/** What a look would find when the dates that are named have runs already. */
function look(
  total: number,
  { count, after }: { count: number; after: string | undefined },
  has: ReadonlyMap<number, 'existing' | 'inFlight'> = new Map(),
): BackfillPage {
  const page: BackfillPage = { runs: [], existing: 0, inFlight: [], done: false };
  let n = after === undefined ? 0 : Math.round((Date.parse(after) - Date.parse(day(0))) / 86_400_000) + 1;
  for (; n < total && page.runs.length < count; n++) {
    const run = { logicalDate: day(n), workflowId: `d/${day(n)}` };
    page.cursor = day(n);
    if (has.get(n) === 'existing') page.existing++;
    else if (has.get(n) === 'inFlight') page.inFlight.push(run);
    else page.runs.push({ ...run, again: false });
  }
  return { ...page, done: n >= total };
}

/** Looks and starts as a workflow does. Gives the dates that were started. */
function fill(
  backfill: Backfill,
  total: number,
  has?: ReadonlyMap<number, 'existing' | 'inFlight'>,
): string[] {
  for (let wanted = backfill.wanted(); wanted !== undefined; wanted = backfill.wanted()) {
    backfill.found(look(total, wanted, has));
  }
  return backfill.start(0).map(({ logicalDate }) => logicalDate);
}

describe('a run that is there already', () => {
  it.each([
    ['none', ['run', 'existing', 'existing', 'existing', 'inFlight', 'inFlight', 'inFlight']],
    ['failed', ['run', 'existing', 'again', 'again', 'inFlight', 'inFlight', 'inFlight']],
    ['completed', ['run', 'again', 'again', 'again', 'inFlight', 'inFlight', 'inFlight']],
  ] as const)('is treated as --reprocess %s says', (reprocess, expected) => {
    const states = [undefined, 'success', 'failed', 'cancelled', 'running', 'queued', 'held'];
    expect(states.map((state) => choice(state, reprocess))).toEqual(expected);
  });
});

describe('a backfill', () => {
  it('starts the next run when one has ended, and no more than it may', () => {
    const backfill = new Backfill(plan(5));
    expect(fill(backfill, 5)).toEqual([day(0), day(1), day(2)]);
    expect(fill(backfill, 5)).toEqual([]);
    backfill.ended(day(1), 'success');
    expect(fill(backfill, 5)).toEqual([day(3)]);
    expect(backfill.view()).toMatchObject({
      state: 'running',
      counts: { waiting: 1, active: 3, success: 1 },
    });
  });

  it('starts another run in the place of one that is held, and is not over before that has ended', () => {
    const backfill = new Backfill(plan(4));
    fill(backfill, 4);
    const run = `d/${day(1)}`;
    backfill.hold(run, true);
    backfill.hold('d/none of its runs', true);
    expect(fill(backfill, 4)).toEqual([day(3)]);
    expect(backfill.view()).toMatchObject({
      state: 'running',
      counts: { waiting: 0, active: 3, held: 1 },
      held: [{ logicalDate: day(1), workflowId: run }],
      active: [{ logicalDate: day(0) }, { logicalDate: day(2) }, { logicalDate: day(3) }],
    });
    for (const date of [day(0), day(2), day(3)]) backfill.ended(date, 'success');
    expect(backfill.isOver).toBe(false);
    backfill.hold(run, false);
    expect(backfill.view().counts).toMatchObject({ active: 1, held: 0 });
    backfill.hold(run, true);
    backfill.ended(day(1), 'failed', 'ended by hand');
    expect(backfill.summary()).toMatchObject({ state: 'failed', counts: { success: 3, failed: 1, held: 0 } });
  });

  it('starts nothing while it is paused, and goes on where it was', () => {
    const backfill = new Backfill(plan(5));
    backfill.pause();
    expect(fill(backfill, 5)).toEqual([]);
    expect(backfill.state).toBe('paused');
    backfill.resume();
    expect(fill(backfill, 5)).toEqual([day(0), day(1), day(2)]);
    backfill.pause();
    backfill.ended(day(0), 'success');
    expect(fill(backfill, 5)).toEqual([]);
    backfill.resume();
    expect(fill(backfill, 5)).toEqual([day(3)]);
  });

  it('takes a smaller or larger limit at once, and lets what is active end', () => {
    const backfill = new Backfill(plan(9));
    fill(backfill, 9);
    backfill.setMaxActiveRuns(1);
    backfill.ended(day(0), 'success');
    backfill.ended(day(1), 'success');
    expect(fill(backfill, 9)).toEqual([]);
    backfill.setMaxActiveRuns(4);
    expect(fill(backfill, 9)).toEqual([day(3), day(4), day(5)]);
  });

  it('that is cancelled starts nothing and is over when what was active has ended', () => {
    const backfill = new Backfill(plan(5));
    fill(backfill, 5);
    backfill.cancel();
    expect(fill(backfill, 5)).toEqual([]);
    for (const date of [day(0), day(1)]) backfill.ended(date, 'cancelled', 'cancelled');
    expect(backfill.isOver).toBe(false);
    backfill.ended(day(2), 'success');
    expect(backfill.isOver).toBe(true);
    expect(backfill.summary()).toMatchObject({
      state: 'cancelled',
      counts: { waiting: 2, active: 0, success: 1, cancelled: 2 },
    });
  });

  it('fails when one of its runs did, and tells which and why', () => {
    const backfill = new Backfill(plan(1));
    fill(backfill, 1);
    backfill.ended(day(0), 'failed', 'x'.repeat(1000));
    const view = backfill.view();
    expect(view).toMatchObject({
      state: 'failed',
      unsuccessful: [{ logicalDate: day(0), workflowId: `d/${day(0)}` }],
    });
    expect(view.unsuccessful[0]?.reason).toHaveLength(300);
  });

  it('of dates that all have a run is over at once', () => {
    const backfill = new Backfill(plan(2));
    const has = new Map([
      [0, 'existing'],
      [1, 'inFlight'],
    ] as const);
    expect(fill(backfill, 2, has)).toEqual([]);
    expect(backfill.summary()).toMatchObject({
      state: 'success',
      counts: { existing: 1, inFlight: 1, waiting: 0 },
    });
  });

  it('runs each date once, never more at a time than it may, whatever happens in whatever order', () => {
    const event = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ kind: fc.constant('end' as const), which: fc.nat(), ok: fc.boolean() }),
      },
      fc.record({ kind: fc.constant('taken' as const), which: fc.nat() }),
      fc.record({ kind: fc.constantFrom('pause' as const, 'resume' as const, 'drain' as const) }),
      fc.record({ kind: fc.constant('limit' as const), limit: fc.integer({ min: 1, max: 6 }) }),
    );
    const run = (
      total: number,
      has: ReadonlyMap<number, 'existing' | 'inFlight'>,
      events: (typeof event extends fc.Arbitrary<infer E> ? E : never)[],
    ): void => {
      let limit = 3;
      let backfill = new Backfill(plan(total));
      const started: string[] = [];
      const active: string[] = [];
      const step = (): void => {
        for (const date of fill(backfill, total, has)) {
          started.push(date);
          active.push(date);
        }
        const { counts } = backfill.summary();
        expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(total);
        expect(counts.active).toBe(active.length);
        expect(counts.waiting).toBeGreaterThanOrEqual(0);
        if (!backfill.isDrained || backfill.isOver) return;
        // As through a payload: what continues as new is JSON.
        const carried: CarriedBackfill = JSON.parse(JSON.stringify(backfill.carry()));
        backfill = new Backfill(carried.plan, carried);
        step();
      };
      step();
      for (const each of events) {
        const before = active.length;
        if (each.kind === 'end' || each.kind === 'taken') {
          const [date] = active.splice(each.which % Math.max(1, active.length), 1);
          if (date === undefined) continue;
          if (each.kind === 'taken') backfill.wasTaken(date);
          else backfill.ended(date, each.ok ? 'success' : 'failed', 'why');
        } else if (each.kind === 'limit') {
          limit = each.limit;
          backfill.setMaxActiveRuns(limit);
        } else backfill[each.kind]();
        step();
        expect(active.length).toBeLessThanOrEqual(Math.max(limit, before));
      }
      backfill.resume();
      for (step(); active.length > 0; step()) backfill.ended(active.shift() ?? '', 'success');
      expect(backfill.isOver).toBe(true);
      const all = Array.from({ length: total }, (_, n) => n);
      expect(started).toEqual(all.filter((n) => !has.has(n)).map(day));
    };
    const existing = fc
      .array(fc.tuple(fc.nat(39), fc.constantFrom('existing' as const, 'inFlight' as const)))
      .map((pairs) => new Map(pairs));
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), existing, fc.array(event, { maxLength: 60 }), run),
    );
  });
});
