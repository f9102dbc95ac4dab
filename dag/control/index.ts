import { branch } from './branch.js';
import { fail } from './fail.js';
import { latestOnly } from './latest-only.js';
import { noop } from './noop.js';
import type { ControlOperator } from './operator.js';
import { shortCircuit } from './short-circuit.js';
import { sleep } from './sleep.js';
import { timeSensor } from './time-sensor.js';

export { branch, fail, latestOnly, noop, shortCircuit, sleep, timeSensor };

/** The operators that the state machine carries out itself, by name. */
export const controlOperators: ReadonlyMap<string, ControlOperator> = new Map(
  [noop, fail, branch, shortCircuit, latestOnly, sleep, timeSensor].map((operator) => [
    operator.name,
    operator as ControlOperator,
  ]),
);
