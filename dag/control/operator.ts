import type { z } from 'zod';
import type { RunInfo } from '../decision.js';
import type { Json, JsonObject } from '../json.js';

/** What a control operator comes to: an end at once, or a wait that ends with success. */
export type ControlResult =
  | { state: 'success'; output: Json }
  | { state: 'failed'; reason: string }
  | { wait: { milliseconds: number } | { until: string } };

/**
 * Which tasks a control task skips whatever their trigger rules: direct downstream tasks but those that are chosen or
 * come after a chosen one, all direct downstream tasks but teardowns, or all descendants but teardowns.
 */
export type Skipping = { allBut: readonly string[] } | 'downstream' | 'descendants';

/** An operator that needs no worker: the run's state machine carries it out. Pure. */
export interface ControlOperator<Params extends z.ZodType = z.ZodType> {
  readonly name: string;
  /** One line. */
  readonly description: string;
  /** What `with` may hold, strict. */
  readonly params: Params;
  execute(params: z.output<Params>, run: RunInfo): ControlResult;
  /**
   * For operators that decide over what follows: whom the task skips, given what it gave as output when it succeeded.
   * @param params `with` as it was written
   */
  readonly skips?: (output: Json, params: JsonObject) => Skipping | undefined;
}

/** Keeps the type of the params while it defines an operator. */
export function defineControl<Params extends z.ZodType>(
  operator: ControlOperator<Params>,
): ControlOperator<Params> {
  return operator;
}
