import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DagRun, StartDecision, TaskInstance } from '../../../dag/dag-run.js';
import type { DagDocument } from '../../../dag/document.js';
import { TaskGraph } from '../../../dag/graph.js';
import { isFinal } from '../../../dag/states.js';
import { evaluateTriggerRule, noUpstream, triggerRules } from '../../../dag/trigger-rules.js';
import { orders, picker, type Sketch, settleAs, sketches, startDocument, toDocument } from './random-dags.js';
import { statesOf } from './run-helpers.js';

type Instance = StartDecision['instance'];

/** What drives a run: it knows what is active, and checks every start. */
class Driver {
  readonly active: Instance[] = [];
  readonly started = new Set<string>();
  /** What the changes say so far. */
  readonly view = new Map<string, string>();
  state: 'success' | 'failed' | undefined;

  constructor(
    readonly sketch: Sketch,
    readonly document: DagDocument,
    readonly run: DagRun,
  ) {
    this.take();
  }

  take(): void {
    for (const decision of this.run.next()) {
      if (decision.kind === 'finished') {
        expect(this.active).toEqual([]);
        this.state = decision.state;
        continue;
      }
      const { instance, task } = decision;
      expect(this.started.has(instance.key)).toBe(false);
      this.started.add(instance.key);
      this.active.push(instance);
      expectRuleHolds(this.document, this.run, instance);
      const sameTask = this.active.filter(({ taskId }) => taskId === instance.taskId);
      expect(sameTask.length).toBeLessThanOrEqual(task.maxActiveMapped ?? sameTask.length);
    }
    const { maxActiveMapped } = this.document.groups.g ?? {};
    const inGroup = new Set(this.document.tasks.filter(({ group }) => group === 'g').map(({ id }) => id));
    const slots = new Set(
      this.active.filter(({ taskId }) => inGroup.has(taskId)).map(({ mapIndex }) => mapIndex),
    );
    expect(slots.size).toBeLessThanOrEqual(maxActiveMapped ?? slots.size);
    for (const { key, state } of this.run.takeChanges()) {
      if (state === 'removed') this.view.delete(key);
      else this.view.set(key, state);
    }
    expect(Object.fromEntries(this.view)).toEqual(statesOf(this.run));
  }

  settle(pick: (count: number) => number): void {
    const [next] = this.active.splice(pick(this.active.length), 1);
    if (next === undefined) throw new Error('nothing is active and the run has not finished');
    settleAs(this.sketch, this.run, next);
  }

  toEnd(pick: (count: number) => number): this {
    while (this.state === undefined) {
      this.settle(pick);
      this.take();
    }
    return this;
  }
}

function start(sketch: Sketch, options: Parameters<typeof startDocument>[1] = {}): Driver {
  const document = toDocument(sketch);
  return new Driver(sketch, document, startDocument(document, options));
}

function expectRuleHolds(document: DagDocument, run: DagRun, { taskId, mapIndex }: Instance) {
  const byId = new Map(document.tasks.map((task) => [task.id, task]));
  const task = byId.get(taskId);
  const inMappedGroup = (id: string) =>
    byId.get(id)?.group === 'g' && document.groups.g?.expand !== undefined;
  const counts = noUpstream();
  for (const { taskId: upstream, state, mapIndex: at } of run.instances()) {
    if (!task?.dependsOn.includes(upstream)) continue;
    if (inMappedGroup(taskId) && inMappedGroup(upstream) && at !== mapIndex) continue;
    counts.total++;
    const setup = byId.get(upstream)?.setup;
    if (setup) counts.setups++;
    if (!isFinal(state)) continue;
    counts[state]++;
    if (setup && state === 'success') counts.setupsSucceeded++;
    if (setup && state === 'skipped') counts.setupsSkipped++;
  }
  expect(evaluateTriggerRule(task?.triggerRule ?? 'always', counts).verdict).toBe('run');
}

const finals = (run: DagRun): Readonly<TaskInstance>[] =>
  run.instances().filter(({ state }) => isFinal(state));

/** What a workflow keeps when it continues as new. */
const carriedOver = (run: DagRun) =>
  JSON.parse(
    JSON.stringify(
      Object.fromEntries(
        finals(run).map(({ key, state, output, stats, reason, reused }) => [
          key,
          { state, output, stats, reason, reused },
        ]),
      ),
    ),
  );

const options = { seed: 20_250_301, numRuns: 300 };

describe('any DAG with any outcomes', () => {
  it('comes to an end, starts nothing before its rule holds or twice, and ends the same in any order', () => {
    fc.assert(
      fc.property(sketches, orders, orders, (sketch, one, other) => {
        const first = start(sketch).toEnd(picker(one));
        const second = start(sketch).toEnd(picker(other));
        const states = statesOf(first.run);
        expect(Object.values(states).every((state) => isFinal(state as never))).toBe(true);
        expect(statesOf(second.run)).toEqual(states);
        expect(second.state).toBe(first.state);
        expect(second.started).toEqual(first.started);
      }),
      options,
    );
  });

  it('ends the same when it is continued from what had ended at any time', () => {
    fc.assert(
      fc.property(sketches, orders, fc.nat(20), fc.nat(20), (sketch, order, ...cuts) => {
        const whole = start(sketch).toEnd(picker(order));
        let driver = start(sketch);
        const pick = picker(order);
        for (const cut of cuts) {
          for (let step = 0; step < cut && driver.state === undefined; step++) {
            driver.settle(pick);
            driver.take();
          }
          if (driver.state !== undefined) break;
          // What runs comes to its end, nothing new starts.
          while (driver.active.length > 0) driver.settle(pick);
          const restored = carriedOver(driver.run);
          driver = start(sketch, { restored });
          for (const key of driver.started) expect(restored).not.toHaveProperty([key]);
        }
        driver.toEnd(pick);
        expect(statesOf(driver.run)).toEqual(statesOf(whole.run));
        expect(driver.state).toBe(whole.state);
      }),
      options,
    );
  });

  it('ends soon when it is stopped: only teardowns start then', () => {
    fc.assert(
      fc.property(sketches, orders, fc.nat(12), (sketch, order, cut) => {
        const driver = start(sketch);
        const pick = picker(order);
        for (let step = 0; step < cut && driver.state === undefined; step++) {
          driver.settle(pick);
          driver.take();
        }
        if (driver.state !== undefined) return;
        const before = new Set(driver.started);
        driver.run.stop('cancelled');
        driver.take();
        const graph = new TaskGraph(driver.document.tasks);
        const known = new Set(driver.started);
        while (driver.state === undefined) {
          driver.settle(pick);
          driver.take();
          for (const { key, taskId } of driver.active) {
            if (known.has(key) || driver.document.groups.g?.expand) continue;
            const ancestors = graph.ancestors(taskId);
            expect(driver.active.filter((each) => ancestors.has(each.taskId))).toEqual([]);
          }
        }
        const teardowns = new Set(
          driver.document.tasks.filter(({ teardown }) => teardown).map(({ id }) => id),
        );
        for (const key of driver.started) {
          if (!before.has(key)) expect(teardowns.has(key.replace(/\[.*/, ''))).toBe(true);
        }
        expect(finals(driver.run)).toHaveLength(driver.run.instances().length);
      }),
      options,
    );
  });

  it('runs nothing again when all its results are reused', () => {
    fc.assert(
      fc.property(sketches, orders, (sketch, order) => {
        const { run } = start(sketch).toEnd(picker(order));
        const reused = Object.fromEntries(
          run
            .instances()
            .flatMap(({ key, state, output }) =>
              state === 'success' || state === 'skipped' ? [[key, { state, output: output ?? null }]] : [],
            ),
        );
        const document = toDocument(sketch);
        const again = startDocument(document, { reused });
        const restarted = again
          .next()
          .flatMap((decision) => (decision.kind === 'start' ? [decision.instance.key] : []));
        expect(restarted.filter((key) => key in reused)).toEqual([]);
      }),
      options,
    );
  });
});

describe('a trigger rule', () => {
  const ends = fc.array(fc.constantFrom('success', 'failed', 'upstreamFailed', 'skipped'), {
    minLength: 1,
    maxLength: 6,
  });

  it('never changes a verdict when more upstreams finish, and always has one in the end', () => {
    fc.assert(
      fc.property(fc.constantFrom(...triggerRules), ends, (rule, finals) => {
        const counts = { ...noUpstream(), total: finals.length };
        const verdicts = [evaluateTriggerRule(rule, counts).verdict];
        for (const state of finals) {
          counts[state as keyof typeof counts]++;
          verdicts.push(evaluateTriggerRule(rule, counts).verdict);
        }
        const decided = verdicts.filter((verdict) => verdict !== 'wait');
        expect(verdicts.at(-1)).not.toBe('wait');
        expect(new Set(decided).size).toBe(1);
      }),
      { seed: 7, numRuns: 2000 },
    );
  });
});
