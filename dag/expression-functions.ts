import type { Environment } from '@marcbachmann/cel-js';
import { maxItems } from './evaluation-budget.js';
import { isExactNumber } from './exact-json.js';
import { dayOf } from './instant.js';
import { show } from './json.js';
import { replaceAll } from './metered-cel.js';

/** Registers what Nightjar adds to CEL. Each is described in docs/dag-reference.md. */
export function registerFunctions(environment: Environment): void {
  registerMixedArithmetic(environment);
  environment
    .registerFunction('range(int): list<int>', (end: bigint) => range(0n, end))
    .registerFunction('range(double): list<int>', (end: number) => range(0n, wholeOf(end)))
    .registerFunction('range(int, int): list<int>', range)
    .registerFunction('sum(list): dyn', (items: unknown[]) => items.reduce<number | bigint>(add, 0n))
    .registerFunction('min(list): dyn', (items: unknown[]) => extreme(items, 'min', (a, b) => a < b))
    .registerFunction('max(list): dyn', (items: unknown[]) => extreme(items, 'max', (a, b) => a > b))
    .registerFunction('ds(string): string', day)
    .registerFunction('ds(google.protobuf.Timestamp): string', day)
    .registerFunction('dsNodash(string): string', (time: string) => day(time).replaceAll('-', ''))
    .registerFunction('dsNodash(google.protobuf.Timestamp): string', (time: Date) =>
      day(time).replaceAll('-', ''),
    )
    // Not the function itself: the library notes things on it, and workflows have what modules export frozen.
    .registerFunction('string.replace(string, string): string', (text: string, from: string, to: string) =>
      replaceAll(text, from, to),
    );
}

/** JSON does not tell 2 from 2.0, so arithmetic may mix int and double; the result is a double. */
function registerMixedArithmetic(environment: Environment): void {
  const operators: Record<string, (a: number, b: number) => number> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
    '%': (a, b) => a % b,
  };
  environment.registerOperator('double % double: double', (a: number, b: number) => a % b);
  for (const [symbol, apply] of Object.entries(operators)) {
    environment
      .registerOperator(`int ${symbol} double: double`, (a: bigint, b: number) => apply(toDouble(a), b))
      .registerOperator(`double ${symbol} int: double`, (a: number, b: bigint) => apply(a, toDouble(b)));
  }
}

/** @throws Error when the double is another number: it is never rounded without a word */
function toDouble(value: number | bigint): number {
  const number = Number(value);
  if (typeof value === 'bigint' && !isExactNumber(String(value)))
    throw new Error(
      `the integer ${value} would become ${number} as a double: write double(…) if that will do`,
    );
  return number;
}

/** @throws Error when it is not whole */
function wholeOf(value: number): bigint {
  if (!Number.isInteger(value)) throw new Error(`range needs whole numbers, got ${value}`);
  return BigInt(value);
}

function range(start: bigint, end: bigint): bigint[] {
  const length = Number(end - start);
  if (length > maxItems) throw new Error(`range of ${length} items is longer than ${maxItems}`);
  return Array.from({ length: Math.max(0, length) }, (_, index) => start + BigInt(index));
}

function add(total: number | bigint, item: unknown): number | bigint {
  if (!isNumber(item)) throw new Error('sum needs a list of numbers');
  return typeof total === 'bigint' && typeof item === 'bigint'
    ? total + item
    : toDouble(total) + toDouble(item);
}

function extreme(
  items: unknown[],
  name: string,
  better: (a: number | bigint, b: number | bigint) => boolean,
) {
  let best: number | bigint | undefined;
  for (const item of items) {
    if (!isNumber(item)) throw new Error(`${name} needs a list of numbers that is not empty`);
    if (best === undefined || better(item, best)) best = item;
  }
  if (best === undefined) throw new Error(`${name} needs a list of numbers that is not empty`);
  return best;
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** @throws Error for text that is neither a date nor a time */
function day(time: string | Date): string {
  const day = typeof time === 'string' ? dayOf(time) : time.toISOString().slice(0, 10);
  if (day !== undefined) return day;
  throw new Error(
    `ds needs a real date or time, such as 2026-01-31 or 2026-01-31T23:30:00Z, got ${show(time)}`,
  );
}
