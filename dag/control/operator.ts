import type { z } from 'zod';
import type { DagTrigger, RunInfo } from '../decision.js';
import type { Json, JsonObject } from '../json.js';

/** What a control operator comes to: an end at once, a wait that ends with success, or the run of another DAG. */
export type ControlResult =
  | { state: 'success'; output: Json }
  | { state: 'failed'; reason: string }
  | { wait: { milliseconds: number } | { until: string } }
  | { trigger: DagTrigger };

/** Decides by its output which of the tasks after it are skipped, whatever their trigger rules. */
export interface Gate {
  /**
   * Whom it can skip: the tasks directly downstream, or all descendants; teardowns too or not.
   * @param params `with` as it was written
   */
  reach(params: JsonObject): { descendants: boolean; teardowns: boolean };
  /** Who passes: all, or tasks and groups with what comes after them. The rest of its reach is skipped. */
  passes(output: Json): 'all' | readonly string[];
}

/** An operator that needs no worker: the run's state machine carries it out. Pure. */
export interface ControlOperator<Params extends z.ZodType = z.ZodType> {
  readonly name: string;
  /** One line. */
  readonly description: string;
  /** What `with` may hold, strict. */
  readonly params: Params;
  execute(params: z.output<Params>, run: RunInfo): ControlResult;
  readonly gate?: Gate;
}

/** Keeps the type of the params while it defines an operator. */
export function defineControl<Params extends z.ZodType>(
  operator: ControlOperator<Params>,
): ControlOperator<Params> {
  return operator;
}
