import { didYouMean } from '../nearest.js';
import { type Chosen, choose, partsOf } from './again.js';

/** An instance as far as choosing needs to know it. */
export type Candidate = { key: string; state: string };

const listed = 10;

/** As many keys as a line takes. */
export function keyList(keys: readonly string[]): string {
  const shown = keys.slice(0, listed).join(', ');
  return keys.length <= listed ? shown : `${shown} and ${keys.length - listed} more`;
}

/**
 * The instances that names stand for: keys of instances, or ids of tasks for all their instances.
 * @throws Error that names the nearest one when there is none of that name
 */
export function instancesNamed<Instance extends Candidate>(
  names: readonly string[],
  instances: readonly Instance[],
): Instance[] {
  const found = new Set<Instance>();
  for (const name of names) {
    const matching = instances.filter(({ key }) => key === name || partsOf(key).taskId === name);
    if (matching.length === 0) throw new Error(unknownTask(name, instances));
    for (const instance of matching) found.add(instance);
  }
  return [...found];
}

/**
 * The failed instances that names stand for, or all of them; of a mapped task those that failed.
 * @throws Error when a name stands for none
 */
export function failedInstances<Instance extends Candidate>(
  names: readonly string[] | undefined,
  instances: readonly Instance[],
): Instance[] {
  const failed = instances.filter(({ state }) => state === 'failed');
  if (names === undefined) return failed;
  const found = new Set<Instance>();
  for (const name of names) {
    const named = instancesNamed([name], instances);
    const matching = named.filter(({ state }) => state === 'failed');
    if (matching.length === 0) {
      const states = [...new Set(named.map(({ state }) => state))].join(', ');
      const hint = states === 'upstreamFailed' ? ' because of what failed upstream' : '';
      throw new Error(
        `task '${name}' has not failed: it is ${states}${hint} (failed: ${keyList(failed.map(({ key }) => key))})`,
      );
    }
    for (const instance of matching) found.add(instance);
  }
  return [...found];
}

export function chosenOf(instances: readonly Candidate[]): Chosen {
  const chosen: Chosen = new Map();
  for (const { key } of instances) choose(chosen, key);
  return chosen;
}

function unknownTask(name: string, instances: readonly Candidate[]): string {
  const ids = [...new Set(instances.map(({ key }) => partsOf(key).taskId))];
  const own = instances.filter(({ key }) => partsOf(key).taskId === partsOf(name).taskId);
  if (own.length > 0)
    return `there is no instance '${name}' (there are: ${keyList(own.map(({ key }) => key))})`;
  return `there is no task '${name}' (${didYouMean(name, ids) ?? `tasks: ${keyList(ids)}`})`;
}
