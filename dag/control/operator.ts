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

/**
 * Makes its schema when that is first asked for, and keeps it where no one else can reach it: workflows share these
 * modules frozen, but zod writes into a schema when it is first used.
 */
class Control<Params extends z.ZodType> implements ControlOperator<Params> {
  readonly name: string;
  readonly description: string;
  readonly execute: ControlOperator<Params>['execute'];
  readonly gate?: Gate;
  readonly #params: () => Params;
  #schema: Params | undefined;

  constructor({ name, description, params, execute, gate }: ControlDefinition<Params>) {
    this.name = name;
    this.description = description;
    this.execute = execute;
    if (gate !== undefined) this.gate = gate;
    this.#params = params;
  }

  get params(): Params {
    this.#schema ??= this.#params();
    return this.#schema;
  }
}

type ControlDefinition<Params extends z.ZodType> = Omit<ControlOperator<Params>, 'params'> & {
  params: () => Params;
};

/** Keeps the type of the params while it defines an operator. */
export function defineControl<Params extends z.ZodType>(
  definition: ControlDefinition<Params>,
): ControlOperator<Params> {
  return new Control(definition);
}
