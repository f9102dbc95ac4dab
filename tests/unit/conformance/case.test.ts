import { expect, it } from 'vitest';
import { CaseFileError, parseCases } from '../../../conformance/case.js';
import { describe } from '../../../conformance/difference.js';
import { runOnMachine } from '../../../conformance/machine.js';

const good = {
  name: 'two tasks',
  category: 'rule',
  tasks: [
    { id: 'a', upstream: [], triggerRule: 'all_success', behaviour: 'fail' },
    { id: 'b', upstream: ['a'], triggerRule: 'all_done' },
  ],
  expected: { a: 'failed', b: 'success' },
  runState: 'success',
};

const parse = (cases: unknown) => parseCases(JSON.stringify(cases), 'cases.json');

function complaints(cases: unknown): string[] {
  try {
    parse(cases);
  } catch (error) {
    if (error instanceof CaseFileError) return error.message.split('\n');
    throw error;
  }
  return [];
}

it('names file, case and field of everything that is wrong', () => {
  const [a, b] = good.tasks;
  const cases = [
    { ...good, tasks: [a, { ...b, triggerRule: 'all_don', upstream: ['a'] }] },
    { ...good, name: 'unknown tasks', tasks: [a, { ...b, upstream: ['a', 'c'], branch: ['d'] }] },
    { ...good, name: 'states', expected: { a: 'failed', z: 'success' } },
    { ...good, name: 'states' },
    { ...good, name: 'a word', tasks: [a, { ...b, behavior: 'fail' }] },
    'text',
  ];

  expect(complaints(cases)).toEqual([
    expect.stringMatching(
      /^cases\.json: case "two tasks": tasks\[1\]\.triggerRule: .*did you mean 'all_done'\?/,
    ),
    'cases.json: case "unknown tasks": tasks[1].upstream[1]: no task before it has the id \'c\'',
    'cases.json: case "unknown tasks": tasks[1].branch[0]: there is no task \'d\'',
    'cases.json: case "states": expected.b: missing: expected a state',
    'cases.json: case "states": expected.z: there is no task \'z\'',
    'cases.json: case "states": name: another case has this name',
    expect.stringMatching(/^cases\.json: case "a word": tasks\[1\]\.behavior: unknown key/),
    expect.stringMatching(/^cases\.json: case \[5\]: expected a map/),
  ]);
  expect(complaints({ cases: [] })[0]).toMatch(/^cases\.json: expected a JSON array of cases/);
});

it('tells once what is different in every order', () => {
  const [each] = parse([{ ...good, expected: { a: 'failed', b: 'skipped' }, runState: 'failed' }]);

  expect(each && describe(runOnMachine(each))).toEqual([
    'two tasks: task b: expected skipped, got success (state machine)',
    'two tasks: run: expected failed, got success (state machine)',
  ]);
});

it('tells when a case can be no DAG', () => {
  const [a, b] = good.tasks;
  const [each] = parse([{ ...good, tasks: [{ ...a, setup: true }, b] }]);

  expect(each && describe(runOnMachine(each))).toEqual([
    expect.stringMatching(
      /^two tasks: the DAG of two tasks.*trigger rule must be all_success.*\(validation\)$/,
    ),
  ]);
});
