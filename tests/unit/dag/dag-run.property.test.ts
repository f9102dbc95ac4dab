import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DagRun } from '../../../dag/dag-run.js';
import { isFinal } from '../../../dag/states.js';
import { evaluateTriggerRule, noUpstream, triggerRules } from '../../../dag/trigger-rules.js';
import { documentOf, runInfo, statesOf } from './run-helpers.js';

const behaviour = fc.constantFrom('success', 'failed', 'skipped');

/** A task over earlier ones: which of them it depends on, its rule, how it or its instances end, how it is mapped. */
const task = fc.record({
  upstream: fc.array(fc.nat(30), { maxLength: 4 }),
  rule: fc.constantFrom(...triggerRules),
  ends: fc.array(behaviour, { minLength: 4, maxLength: 4 }),
  mapped: fc.option(fc.oneof(fc.nat(3), fc.constant('upstream')), { freq: 3 }),
  condition: fc.option(fc.boolean(), { freq: 5 }),
  limit: fc.option(fc.integer({ min: 1, max: 2 })),
});

type Sketch = (typeof task extends fc.Arbitrary<infer T> ? T : never)[];

/** `one_*` and `always` start before others have finished, so what a mapping over those others gives depends on the order. */
const waitsForAll = (rule: string) => !rule.startsWith('one_') && rule !== 'always';

function toDocument(sketch: Sketch) {
  return documentOf(
    sketch.map(({ upstream, rule, mapped, condition, limit }, index) => {
      const dependsOn = index === 0 ? [] : [...new Set(upstream.map((each) => `t${each % index}`))];
      const [source] = dependsOn;
      const expand =
        mapped === 'upstream'
          ? source !== undefined && waitsForAll(rule)
            ? `\${{ type(tasks.${source}.output) == list ? tasks.${source}.output : [1, 2] }}`
            : undefined
          : typeof mapped === 'number'
            ? Array.from({ length: mapped }, (_, item) => item)
            : undefined;
      return {
        id: `t${index}`,
        dependsOn,
        triggerRule: rule,
        ...(expand !== undefined && { expand: { x: expand } }),
        ...(expand !== undefined && limit !== null && { maxActiveMapped: limit }),
        ...(condition !== null && { when: String(condition) }),
      };
    }),
  );
}

/** Drives a run to its end, settling active instances in the order that `pick` chooses; checks every start. */
function drive(sketch: Sketch, pick: (count: number) => number) {
  const document = toDocument(sketch);
  const run = new DagRun(document, { params: {}, config: {}, run: runInfo });
  const active: { taskId: string; key: string; mapIndex?: number }[] = [];
  const started = new Set<string>();
  for (;;) {
    for (const decision of run.next()) {
      if (decision.kind === 'finished') {
        expect(active).toEqual([]);
        return { run, state: decision.state, started };
      }
      expect(started.has(decision.instance.key)).toBe(false);
      started.add(decision.instance.key);
      active.push(decision.instance);
      expectRuleHolds(run, decision.task);
      const sameTask = active.filter(({ taskId }) => taskId === decision.task.id);
      expect(sameTask.length).toBeLessThanOrEqual(decision.task.maxActiveMapped ?? sameTask.length);
    }
    const [next] = active.splice(pick(active.length), 1);
    if (next === undefined) throw new Error('nothing is active and the run has not finished');
    const ends = sketch[Number(next.taskId.slice(1))]?.ends ?? [];
    run.settle(next.key, { state: ends[next.mapIndex ?? 0] ?? 'success', output: next.mapIndex ?? null });
  }
}

function expectRuleHolds(
  run: DagRun,
  { dependsOn, triggerRule }: { dependsOn: string[]; triggerRule: (typeof triggerRules)[number] },
) {
  const counts = noUpstream();
  for (const { taskId, state } of run.instances()) {
    if (!dependsOn.includes(taskId)) continue;
    counts.total++;
    if (isFinal(state)) counts[state]++;
  }
  expect(evaluateTriggerRule(triggerRule, counts).verdict).toBe('run');
}

/** Choices made from a list of numbers, over and over. */
function picker(choices: readonly number[]) {
  let step = 0;
  return (count: number) => (count === 0 ? 0 : (choices[step++ % choices.length] ?? 0) % count);
}

const sketches = fc.array(task, { minLength: 1, maxLength: 14 });
const orders = fc.array(fc.nat(1000), { minLength: 1, maxLength: 30 });
const options = { seed: 20_250_301, numRuns: 400 };

describe('any DAG with any outcomes', () => {
  it('comes to an end, starts nothing before its rule holds or twice, and ends the same in any order', () => {
    fc.assert(
      fc.property(sketches, orders, orders, (sketch, one, other) => {
        const first = drive(sketch, picker(one));
        const second = drive(sketch, picker(other));
        const states = statesOf(first.run);
        expect(Object.values(states).every((state) => isFinal(state as never))).toBe(true);
        expect(statesOf(second.run)).toEqual(states);
        expect(second.state).toBe(first.state);
        expect(second.started).toEqual(first.started);
      }),
      options,
    );
  });

  it('runs nothing again when all its results are reused', () => {
    fc.assert(
      fc.property(sketches, orders, (sketch, order) => {
        const { run } = drive(sketch, picker(order));
        const reused = Object.fromEntries(
          run
            .instances()
            .flatMap(({ key, state }) =>
              state === 'success' || state === 'skipped' ? [[key, { state }]] : [],
            ),
        );
        const again = new DagRun(toDocument(sketch), { params: {}, config: {}, run: runInfo, reused });
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
