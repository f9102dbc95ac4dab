import fc from 'fast-check';
import { DagRun, type DagRunOptions, type StartDecision } from '../../../dag/dag-run.js';
import { type DagDocument, normalizeDag } from '../../../dag/document.js';
import { dagSchema } from '../../../dag/schema/dag.js';
import { triggerRules } from '../../../dag/trigger-rules.js';
import { runInfo } from './run-helpers.js';

/** One task over earlier ones: what it depends on, its rule, what it is, how it or its instances end. */
const task = fc.record({
  upstream: fc.array(fc.nat(30), { maxLength: 3 }),
  rule: fc.oneof(fc.constant('all_success' as const), fc.constantFrom(...triggerRules)),
  kind: fc.constantFrom('plain', 'plain', 'plain', 'branch', 'short', 'latest', 'noop', 'setup', 'teardown'),
  picks: fc.array(fc.nat(30), { maxLength: 2 }),
  flag: fc.boolean(),
  mapped: fc.option(fc.oneof(fc.nat(3), fc.constant('upstream' as const)), { freq: 3 }),
  limit: fc.option(fc.integer({ min: 1, max: 2 })),
  condition: fc.option(fc.boolean(), { freq: 5 }),
  ends: fc.array(fc.constantFrom('success', 'success', 'failed', 'skipped'), { minLength: 4, maxLength: 4 }),
});

/** Tasks in a row that are in a group, mapped over a list or over the output of a task before them, or not at all. */
const group = fc.record({
  start: fc.nat(10),
  length: fc.integer({ min: 1, max: 4 }),
  mapped: fc.option(fc.oneof(fc.nat(3), fc.constant('upstream' as const)), { freq: 3 }),
  limit: fc.option(fc.integer({ min: 1, max: 2 })),
});

export const sketches = fc.record({
  tasks: fc.array(task, { minLength: 1, maxLength: 12 }),
  group: fc.option(group, { freq: 4 }),
});

export type Sketch = typeof sketches extends fc.Arbitrary<infer T> ? T : never;

/** A list for `expand`: written out, or from the output of a task, which is its map index or its number of instances. */
const listOf = (mapped: number | 'upstream', source: string | undefined) => {
  if (typeof mapped === 'number') return Array.from({ length: mapped }, (_, item) => item);
  return source === undefined
    ? undefined
    : `\${{ type(tasks.${source}.output) == list ? tasks.${source}.output : [1, 2] }}`;
};

export function toDocument({ tasks, group: grouped }: Sketch): DagDocument {
  const inGroup = (index: number) =>
    grouped !== null && index >= grouped.start && index < grouped.start + grouped.length;
  const isMapped = grouped?.mapped != null;
  const written = tasks.map((each, index) => {
    const id = `t${index}`;
    const dependsOn = index === 0 ? [] : [...new Set(each.upstream.map((up) => `t${up % index}`))];
    const gate = each.kind === 'branch' || each.kind === 'short' || each.kind === 'latest';
    const source = dependsOn.find((up) => tasks[Number(up.slice(1))]?.kind === 'plain');
    const mapping =
      each.mapped === null || gate || (inGroup(index) && isMapped) ? undefined : listOf(each.mapped, source);
    const setups =
      each.kind === 'teardown'
        ? each.picks
            .map((pick) => `t${pick % tasks.length}`)
            .filter((up) => Number(up.slice(1)) < index && tasks[Number(up.slice(1))]?.kind === 'setup')
        : [];
    const afterSetup = dependsOn.some((up) => tasks[Number(up.slice(1))]?.kind === 'setup');
    return {
      id,
      dependsOn,
      ...operatorOf(each, tasks.length),
      ...(each.kind === 'teardown' ? {} : { triggerRule: afterSetup ? 'all_success' : each.rule }),
      ...(each.kind === 'setup' && { setup: true }),
      ...(each.kind === 'teardown' && {
        teardown: { setups: [...new Set(setups)], onFailureFailDagrun: each.flag },
      }),
      ...(mapping !== undefined && { expand: { x: mapping } }),
      ...(mapping !== undefined && each.limit !== null && { maxActiveMapped: each.limit }),
      ...(each.condition !== null && { when: String(each.condition) }),
      ...(inGroup(index) && { group: 'g' }),
    };
  });
  const groups = grouped === null ? {} : { g: groupOf(grouped, tasks) };
  return normalizeDag(dagSchema.parse({ dagId: 'd', groups, tasks: written }));
}

function operatorOf({ kind, picks, flag }: Sketch['tasks'][number], size: number) {
  switch (kind) {
    case 'branch':
      return { operator: 'branch', with: { choose: picks.map((pick) => `t${pick % size}`) } };
    case 'short': {
      const condition = picks.length > 1;
      return { operator: 'short-circuit', with: { condition, ignoreDownstreamTriggerRules: flag } };
    }
    case 'latest':
      return { operator: 'latest-only' };
    case 'noop':
      return { operator: 'noop' };
    default:
      return { operator: 'op' };
  }
}

function groupOf({ start, mapped, limit }: NonNullable<Sketch['group']>, tasks: Sketch['tasks']) {
  const source = tasks.slice(0, start).findIndex(({ kind }) => kind === 'plain');
  const list = mapped === null ? undefined : listOf(mapped, source < 0 ? undefined : `t${source}`);
  return {
    ...(source >= 0 && { dependsOn: `t${source}` }),
    ...(list !== undefined && { expand: { y: list } }),
    ...(list !== undefined && limit !== null && { maxActiveMapped: limit }),
  };
}

/** Choices made from a list of numbers, over and over. */
export function picker(choices: readonly number[]) {
  let step = 0;
  return (count: number) => (count === 0 ? 0 : (choices[step++ % choices.length] ?? 0) % count);
}

export const orders = fc.array(fc.nat(1000), { minLength: 1, maxLength: 30 });

export function startDocument(document: DagDocument, options: Partial<DagRunOptions> = {}): DagRun {
  return new DagRun(document, { params: {}, config: {}, run: { ...runInfo, latest: false }, ...options });
}

/** Settles an instance as the sketch has it. */
export function settleAs(
  { tasks }: Sketch,
  run: DagRun,
  { taskId, key, mapIndex }: StartDecision['instance'],
) {
  const ends = tasks[Number(taskId.slice(1))]?.ends ?? [];
  run.settle(key, { state: ends[mapIndex ?? 0] ?? 'success', output: mapIndex ?? null });
}
