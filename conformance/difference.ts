import { isDeepStrictEqual } from 'node:util';
import type { Case, States } from './case.js';

/** How a run of a case ended. */
export type Ended = { states: States; runState: string };

/** Where a case ended otherwise than expected, in words, and which run of it did. */
export type Difference = { case: string; text: string; by: string };

/** The differences of one run from what was expected. */
export function differences({ name, expected, runState }: Case, by: string, got: Ended): Difference[] {
  const ids = [...new Set([...Object.keys(expected), ...Object.keys(got.states)])];
  const texts = ids
    .filter((id) => !isDeepStrictEqual(expected[id], got.states[id]))
    .map((id) => `task ${id}: expected ${show(expected[id])}, got ${show(got.states[id])}`);
  if (runState !== got.runState) texts.push(`run: expected ${runState}, got ${got.runState}`);
  return texts.map((text) => ({ case: name, text, by }));
}

function show(state: string | readonly string[] | undefined): string {
  if (state === undefined) return 'nothing';
  return typeof state === 'string' ? state : `[${state.join(', ')}]`;
}

/** A line for each difference; one that several runs have in common is told once. */
export function describe(found: readonly Difference[]): string[] {
  const runs = new Map<string, string[]>();
  for (const { case: name, text, by } of found) {
    const line = `${name}: ${text}`;
    runs.set(line, [...(runs.get(line) ?? []), by]);
  }
  return [...runs].map(([line, by]) => `${line} (${by.join('; ')})`);
}

/** Gathers states by task from those of instances, keyed `task` or `task[3]`, which come in order. */
export function statesOf(instances: Iterable<{ key: string; state: string }>): States {
  const states: Record<string, string | string[]> = {};
  for (const { key, state } of instances) {
    const name = state === 'upstreamFailed' ? 'upstream_failed' : state;
    const id = /^(.*)\[\d+\]$/.exec(key)?.[1];
    if (id === undefined) states[key] = name;
    else states[id] = [...(states[id] ?? []), name];
  }
  return states as States;
}
