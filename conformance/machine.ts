import { DagRun, type StartDecision } from '../dag/dag-run.js';
import type { DagDocument } from '../dag/document.js';
import { parseDag } from '../dag/parse-dag.js';
import { formatSourceError } from '../dag/source.js';
import { attempt, bodyParams } from './body.js';
import type { Case } from './case.js';
import { dagOf } from './case-dag.js';
import { type Difference, differences, type Ended, statesOf } from './difference.js';

/** Which of the active instances ends next. */
type Order = (active: number) => number;

/** Orders in which what runs side by side can end. */
const orders: Record<string, () => Order> = {
  'first come, first served': () => () => 0,
  'last come, first served': () => (active) => active - 1,
  ...Object.fromEntries([1, 2, 3, 4].map((seed) => [`order ${seed}`, () => shuffled(seed)])),
};

export const orderCount = Object.keys(orders).length;

/** Drives a case through the state machine alone, in several orders of completion. */
export function runOnMachine(each: Case): Difference[] {
  const { name } = each;
  const parsed = parseDag(JSON.stringify(dagOf(each, 'case')), {
    file: `the DAG of ${name}`,
    operators: new Map([['case', bodyParams]]),
  });
  if (!parsed.ok) {
    return parsed.errors.map((error) => ({ case: name, text: formatSourceError(error), by: 'validation' }));
  }
  const found = Object.entries(orders).flatMap(([order, pick]): Difference[] => {
    const by = `state machine, ${order}`;
    try {
      return differences(each, by, drive(parsed.dag, pick()));
    } catch (error) {
      return [{ case: name, text: error instanceof Error ? error.message : String(error), by }];
    }
  });
  // Nearly always the order makes no difference.
  const all = found.filter(({ text }) => found.filter((other) => other.text === text).length === orderCount);
  const texts = new Set(all.map(({ text }) => text));
  return [
    ...[...texts].map((text) => ({ case: name, text, by: 'state machine' })),
    ...found.filter(({ text }) => !texts.has(text)),
  ];
}

/** @throws Error when the run comes to a standstill */
function drive(dag: DagDocument, order: Order): Ended {
  const time = '2025-01-01T00:00:00.000Z';
  const run = new DagRun(dag, {
    params: {},
    config: {},
    run: { id: 'run', logicalDate: time, dataIntervalStart: time, dataIntervalEnd: time, latest: true },
  });
  const active: StartDecision[] = [];
  for (;;) {
    for (const decision of run.next()) {
      if (decision.kind === 'finished')
        return { states: statesOf(run.instances()), runState: decision.state };
      if (decision.kind === 'start') active.push(decision);
    }
    const [next] = active.splice(order(active.length), 1);
    if (next === undefined) throw new Error('nothing runs, and the run has not ended');
    run.settle(next.instance.key, outcomeOf(next));
  }
}

/** All attempts at an instance, as the server would make them. */
function outcomeOf({ instance, task, params }: StartDecision): Parameters<DagRun['settle']>[1] {
  const body = bodyParams.parse(params);
  for (let number = 1; ; number++) {
    const result = attempt(body, instance.mapIndex, number);
    if (result.ended === 'success') return { state: 'success', output: result.output };
    if (result.ended === 'skip') return { state: 'skipped' };
    if (number > task.retries) return { state: 'failed' };
  }
}

/** The same order for the same seed. */
function shuffled(seed: number): Order {
  let state = seed * 7_919;
  return (active) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % active;
  };
}
