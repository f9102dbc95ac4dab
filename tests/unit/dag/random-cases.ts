import fc from 'fast-check';
import type { Behaviour, CaseTask } from '../../../conformance/case.js';
import { triggerRules } from '../../../dag/trigger-rules.js';

const behaviour = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Behaviour>('success') },
  { weight: 2, arbitrary: fc.constant<Behaviour>('fail') },
  { weight: 1, arbitrary: fc.constant<Behaviour>('skip') },
);

export const sketch = fc.record({
  upstream: fc.array(fc.nat(20), { minLength: 0, maxLength: 3 }),
  rule: fc.oneof(
    { weight: 2, arbitrary: fc.constant('all_success' as const) },
    { weight: 3, arbitrary: fc.constantFrom(...triggerRules) },
  ),
  behaviour,
  kind: fc.constantFrom(
    'plain',
    'plain',
    'plain',
    'branch',
    'short',
    'setup',
    'teardown',
    'mapped',
    'mappedFrom',
  ),
  picks: fc.array(fc.nat(20), { maxLength: 2 }),
  flag: fc.boolean(),
  behaviours: fc.array(behaviour, { minLength: 0, maxLength: 3 }),
});

type Sketch = typeof sketch extends fc.Arbitrary<infer T> ? T : never;

/** The tasks of a case, from any sketch. */
export function toTasks(sketches: readonly Sketch[]): CaseTask[] {
  const tasks: CaseTask[] = [];
  for (const [index, each] of sketches.entries()) {
    const id = `t${index}`;
    const upstream = index === 0 ? [] : [...new Set(each.upstream.map((position) => `t${position % index}`))];
    const task: CaseTask = {
      id,
      upstream,
      triggerRule: each.rule,
      behaviour: each.behaviour,
      retries: 0,
      failTimes: 0,
      ignoreDownstreamTriggerRules: each.flag,
      setup: each.kind === 'setup',
      teardown: each.kind === 'teardown',
      setups: [],
      onFailureFailDagrun: each.behaviours.length > 2,
      behaviours: [],
      outputLength: each.picks.length,
    };
    const source = upstream.find((up) =>
      tasks.some(
        (other) => other.id === up && other.branch === undefined && other.shortCircuit === undefined,
      ),
    );
    if (each.kind === 'branch') task.branch = each.picks.map((pick) => `t${pick % sketches.length}`);
    if (each.kind === 'short') {
      task.shortCircuit = each.behaviours.length > 1;
    }
    if (each.kind === 'teardown') {
      const setups = tasks.filter(
        (other) => other.setup && each.picks.some((pick) => `t${pick % index}` === other.id || each.flag),
      );
      task.setups = setups.map((setup) => setup.id);
      task.upstream = [...new Set([...upstream, ...task.setups])];
      task.triggerRule = 'all_done_setup_success';
    }
    if (each.kind === 'mapped') task.expand = each.behaviours;
    if (each.kind === 'mappedFrom' && source !== undefined) {
      task.expandFrom = source;
      task.behaviours = [...each.behaviours, 'success', 'fail', 'success'];
    }
    if (!task.teardown && task.upstream.some((up) => tasks.some((other) => other.id === up && other.setup))) {
      task.triggerRule = 'all_success';
    }
    tasks.push(task);
  }
  return tasks;
}
