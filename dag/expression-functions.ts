import type { Environment } from '@marcbachmann/cel-js';
import { maxItems } from './evaluation-budget.js';
import { replaceAll } from './metered-cel.js';

/** Registers what Nightjar adds to CEL. Each is described in docs/dag-reference.md. */
export function registerFunctions(environment: Environment): void {
  registerMixedArithmetic(environment);
  environment
    .registerFunction('range(int): list<int>', (end: bigint) => range(0n, end))
    .registerFunction('range(int, int): list<int>', range)
    .registerFunction('sum(list): dyn', (items: unknown[]) => items.reduce<number | bigint>(add, 0n))
    .registerFunction('min(list): dyn', (items: unknown[]) => extreme(items, 'min', (a, b) => a < b))
    .registerFunction('max(list): dyn', (items: unknown[]) => extreme(items, 'max', (a, b) => a > b))
    .registerFunction('ds(string): string', (time: string) => day(new Date(time)))
    .registerFunction('ds(google.protobuf.Timestamp): string', day)
    .registerFunction('dsNodash(string): string', (time: string) => day(new Date(time)).replaceAll('-', ''))
    .registerFunction('dsNodash(google.protobuf.Timestamp): string', (time: Date) =>
      day(time).replaceAll('-', ''),
    )
    .registerFunction('string.replace(string, string): string', replaceAll);
}

/** JSON does not tell 2 from 2.0, so arithmetic may mix int and double; the result is a double. */
function registerMixedArithmetic(environment: Environment): void {
  const operators: Record<string, (a: number, b: number) => number> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
  };
  for (const [symbol, apply] of Object.entries(operators)) {
    environment
      .registerOperator(`int ${symbol} double: double`, (a: bigint, b: number) => apply(Number(a), b))
      .registerOperator(`double ${symbol} int: double`, (a: number, b: bigint) => apply(a, Number(b)));
  }
}

function range(start: bigint, end: bigint): bigint[] {
  const length = Number(end - start);
  if (length > maxItems) throw new Error(`range of ${length} items is longer than ${maxItems}`);
  return Array.from({ length: Math.max(0, length) }, (_, index) => start + BigInt(index));
}

function add(total: number | bigint, item: unknown): number | bigint {
  if (!isNumber(item)) throw new Error('sum needs a list of numbers');
  return typeof total === 'bigint' && typeof item === 'bigint' ? total + item : Number(total) + Number(item);
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

function day(time: Date): string {
  if (Number.isNaN(time.getTime())) throw new Error('ds needs a time in ISO 8601 format');
  return time.toISOString().slice(0, 10);
}
