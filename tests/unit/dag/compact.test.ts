import fc from 'fast-check';
import { expect, it } from 'vitest';
import { compactDag, completeDag } from '../../../dag/compact.js';
import { sketches, toDocument } from './random-dags.js';
import { documentOf } from './run-helpers.js';

it('gives any document back as it was', () => {
  fc.assert(
    fc.property(sketches, (sketch) => {
      const dag = toDocument(sketch);
      const travelled = JSON.parse(JSON.stringify(compactDag(dag)));
      expect(completeDag(travelled)).toEqual(JSON.parse(JSON.stringify(dag)));
    }),
  );
});

it('says what tasks share once, and what is a task’s own with the task', () => {
  const compact = compactDag(documentOf([{ id: 'load' }, { id: 'report', retries: 2, dependsOn: ['load'] }]));
  expect(compact.shared).toMatchObject({ retries: 0, triggerRule: 'all_success' });
  expect(compact.tasks[0]).not.toHaveProperty('retries');
  expect(compact.tasks[1]).toMatchObject({ id: 'report', retries: 2, dependsOn: ['load'] });
});

it('completes a frozen document by its own defaults, whatever they are today', () => {
  const compact = compactDag(documentOf([{ id: 'load' }]));
  const frozen = { ...compact, shared: { ...compact.shared, retries: 7 } };
  expect(completeDag(frozen).tasks[0]?.retries).toBe(7);
});

it('takes documents that were frozen whole', () => {
  const whole = documentOf([{ id: 'load', retries: 3 }]);
  expect(completeDag(whole)).toEqual(whole);
});
