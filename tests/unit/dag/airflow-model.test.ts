import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCases } from '../../../conformance/case.js';
import { describe as lines } from '../../../conformance/difference.js';
import { runOnMachine } from '../../../conformance/machine.js';
import { agreed } from './airflow-model.js';
import { sketch, toTasks } from './random-cases.js';

const fixture = new URL('../../fixtures/conformance/airflow-cases.json', import.meta.url);

describe('a model of Airflow', () => {
  it('gives the recorded states, in every order', () => {
    for (const { name, tasks, expected, runState } of parseCases(readFileSync(fixture, 'utf8'), 'cases')) {
      expect(agreed(tasks), name).toEqual({ states: expected, runState });
    }
  });

  it('and the state machine agree on random cases that have one result in every order', () => {
    const sketches = fc.sample(fc.array(sketch, { minLength: 2, maxLength: 6 }), { numRuns: 1_000, seed: 5 });
    const random = sketches.map(toTasks).flatMap((tasks, index) => {
      const { states: expected, runState } = agreed(tasks) ?? {};
      if (expected === undefined || runState === undefined) return [];
      return [{ name: `case ${index}`, category: 'random', tasks, expected, runState }];
    });
    expect(random.length).toBeGreaterThan(900);
    const different = random.filter((each) => runOnMachine(each).length > 0);
    // Some orders are rare.
    const left = different.filter(({ tasks }) => agreed(tasks, 500) !== undefined);
    expect(left.map((each) => JSON.stringify({ ...each, found: lines(runOnMachine(each)) }))).toEqual([]);
  });
});
