import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCases } from '../../../conformance/case.js';
import { describe as lines } from '../../../conformance/difference.js';
import { runOnMachine } from '../../../conformance/machine.js';

const fixture = new URL('../../fixtures/conformance/airflow-cases.json', import.meta.url);

describe('states recorded from Airflow, given by the state machine in several orders of completion', () => {
  for (const each of parseCases(readFileSync(fixture, 'utf8'), 'airflow-cases.json')) {
    it(each.name, () => expect(lines(runOnMachine(each))).toEqual([]));
  }
});
