/**
 * What evaluating may cost, in steps of a fraction of a microsecond: the most expensive evaluation stays well below a second.
 * Steps are counted, not timed: a run that is replayed has to come to the same end.
 */
export const maxSteps = 500_000;

/** Longest text that an expression may make, in characters. */
export const maxText = 2 * 1024 ** 2;

/** All characters of what an expression gives, such as many outputs that are handed on. What takes them allows less. */
export const maxResult = 128 * 1024 ** 2;

/** Longest list that an expression may make. */
export const maxItems = 100_000;

/** How deep lists and maps may be nested in what an expression makes or compares. */
const maxDepth = 250;

/** Steps to find a key of a map when all are listed. */
export const keySteps = 5;

/** An evaluation that goes beyond its bounds. Nothing inside an expression can catch it. */
export class BudgetError extends Error {
  override readonly name = 'BudgetError';
}

/**
 * Steps that evaluations have together while a clock stands still. In a workflow it does so for one workflow task, which has to
 * end within seconds: what is left to evaluate has to wait for the next one.
 */
export class Allowance {
  readonly #now: () => number;
  #moment: number;
  #left = 2 * maxSteps;

  constructor(now: () => number) {
    this.#now = now;
    this.#moment = now();
  }

  get isSpent(): boolean {
    this.#look();
    return this.#left <= 0;
  }

  spend(steps: number): void {
    this.#look();
    this.#left -= steps;
  }

  /** Gives all steps again, whatever the clock says. */
  renew(): void {
    this.#left = 2 * maxSteps;
  }

  #look(): void {
    const now = this.#now();
    if (now === this.#moment) return;
    this.#moment = now;
    this.renew();
  }
}

/** The evaluation under way; undefined when there is none. */
let current: { left: number; readonly made: Map<string, unknown> } | undefined;

/**
 * Evaluates within {@link maxSteps}, together with all evaluations inside it.
 * @throws BudgetError
 */
export function withinBudget<T>(allowance: Allowance | undefined, evaluate: () => T): T {
  if (current !== undefined) return evaluate();
  const own = { left: maxSteps, made: new Map<string, unknown>() };
  current = own;
  try {
    return evaluate();
  } finally {
    allowance?.spend(maxSteps - Math.max(own.left, 0));
    current = undefined;
  }
}

/** @throws BudgetError when the evaluation under way has too few steps left */
export function spend(steps: number): void {
  if (current === undefined) return;
  current.left -= steps;
  if (current.left < 0) {
    throw new BudgetError(
      `it takes more than ${maxSteps} steps; let a task do such work, or make its lists and texts shorter`,
    );
  }
}

/** What `make` gives for a key, made once in an evaluation: what that costs doesn't hang on earlier ones. */
export function once<T>(key: string, make: () => T): T {
  const found = current?.made.get(key) as T | undefined;
  if (found !== undefined) return found;
  const value = make();
  current?.made.set(key, value);
  return value;
}

/** Spends what it takes to make a text. @throws BudgetError when it is too long */
export function spendOnText(length: number): void {
  if (length > maxText) throw new BudgetError(`it makes a text longer than ${maxText} characters`);
  spend(length / 32);
}

/** Spends what it takes to make a list. @throws BudgetError when it is too long */
export function spendOnList(length: number): void {
  if (length > maxItems) throw new BudgetError(`it makes a list of more than ${maxItems} items`);
  spend(length / 4);
}

/**
 * Spends what it takes to look at all of a value, its texts included.
 * @throws BudgetError when that is too much, or nested too deeply
 */
export function spendOnValue(value: unknown): void {
  spend(charactersOf(value) / 32);
}

/**
 * Spends what it takes to go through the parts of a value, and counts its characters: a small value may hold others many times.
 * @throws BudgetError when that is too much, or nested too deeply
 */
export function charactersOf(value: unknown, depth = 0): number {
  spend(1);
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  if (depth === maxDepth) throw new BudgetError(`its value is nested more than ${maxDepth} levels deep`);
  let characters = 0;
  const prototype = Object.getPrototypeOf(value) as unknown;
  if (Array.isArray(value)) {
    for (const inner of value) characters += charactersOf(inner, depth + 1);
  } else if (value instanceof Map) {
    for (const [key, inner] of value) characters += charactersOf(key) + charactersOf(inner, depth + 1);
  } else if (prototype === Object.prototype || prototype === null) {
    const entries = Object.entries(value);
    spend(entries.length * keySteps);
    for (const [key, inner] of entries) characters += key.length + charactersOf(inner, depth + 1);
  }
  return characters;
}
