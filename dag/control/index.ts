import { branch } from './branch.js';
import { fail } from './fail.js';
import { latestOnly } from './latest-only.js';
import { noop } from './noop.js';
import type { ControlOperator } from './operator.js';
import { shortCircuit } from './short-circuit.js';
import { sleep } from './sleep.js';
import { timeSensor } from './time-sensor.js';
import { triggerDag } from './trigger-dag.js';

export { branch, fail, latestOnly, noop, shortCircuit, sleep, timeSensor, triggerDag };

/** The operators that need no worker, by name: the run's state machine and its workflow carry them out. */
export const controlOperators: ReadonlyMap<string, ControlOperator> = new Map(
  [noop, fail, branch, shortCircuit, latestOnly, sleep, timeSensor, triggerDag].map((operator) => [
    operator.name,
    operator as ControlOperator,
  ]),
);
