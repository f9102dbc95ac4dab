import { z } from 'zod';
import { duration, positiveDuration } from '../dag/schema/primitives.js';
import type { Json, Operator, OperatorContext } from './operator.js';
import { OperatorError, TaskSkipped } from './operator-error.js';

const minute = 60_000;
const week = 7 * 24 * 60 * minute;

/** Params that all sensors have, in milliseconds once parsed. */
export const sensorParams = {
  /** From one look to the next. */
  pokeInterval: positiveDuration.default(minute),
  /** Doubles the interval with every look. */
  exponentialBackoff: z.boolean().default(false),
  /** Bound of the growing interval. */
  maxPokeInterval: positiveDuration.optional(),
  /** How long to wait in all, from when the task was first ready to run. `0s`: look once. */
  timeout: duration.default(week),
  /** Skip the task, rather than fail it, when the time is over or what is waited for can't happen any more. */
  softFail: z.boolean().default(false),
};

/** How a sensor goes about its waiting. */
export type SensorTiming = z.output<z.ZodObject<typeof sensorParams>>;

/** What one look found. `message` says in a few words what there was instead of what is waited for. */
export type Poke<Output extends Json = Json> =
  | { done: true; output?: Output }
  | { done: false; message?: string };

/** Thrown by a sensor's `run` when the time has not come. */
export class NotYet extends Error {
  override readonly name = 'NotYet';
  constructor(
    message: string,
    readonly timing: SensorTiming,
  ) {
    super(message);
  }
}

type Strict<Shape extends z.ZodRawShape> = z.ZodObject<Shape, z.core.$strict>;
type WithTiming<Shape extends z.ZodRawShape> = Strict<Shape & typeof sensorParams>;

/**
 * Defines an operator that waits: `poke` looks once, and is called again after `pokeInterval` until it is done. Between
 * two looks nothing is held, neither a worker's slot nor memory: the server keeps the time. An error of a look is retried
 * as often as the task has `retries`; looks that find nothing don't count.
 */
export function defineSensor<Shape extends z.ZodRawShape, Output extends Json = null>(definition: {
  name: string;
  description: string;
  /** Without those of {@link sensorParams}, which are added. */
  params: Strict<Shape>;
  poke(context: OperatorContext, params: z.output<Strict<Shape>>): Promise<Poke<Output>>;
}): Operator<z.output<WithTiming<Shape>>, Output | null, z.input<WithTiming<Shape>>> {
  const { name, description, poke } = definition;
  return {
    name,
    description,
    sensor: true,
    // Of any object, since the shape's own names are not known here.
    params: (definition.params as z.ZodObject).safeExtend(sensorParams) as unknown as WithTiming<Shape>,
    async run(context, params) {
      const timing = params as SensorTiming;
      try {
        const found = await poke(context, params as z.output<Strict<Shape>>);
        if (found.done) return found.output ?? null;
        throw new NotYet(found.message ?? 'not yet', timing);
      } catch (error) {
        if (timing.softFail && error instanceof OperatorError && error.type === 'WaitHopeless')
          throw new TaskSkipped(error.message);
        throw error;
      }
    },
  };
}
