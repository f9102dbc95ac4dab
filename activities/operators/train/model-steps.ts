import { naming } from '../../datasets/query.js';
import type { Json, OperatorContext } from '../../operator.js';

/** Runs a durable step of a model. */
export type ModelStep = <T extends Json>(what: string, body: () => Promise<T>) => Promise<T>;

/** The steps of a model: named after it, and what Spark refuses to do in them is said to be of it. */
export function modelSteps(context: OperatorContext, model: string): ModelStep {
  return (what, body) => {
    context.heartbeat({ message: `${model}: ${what}` });
    const label = `model "${model}", ${what}`;
    return context.step(`${model}: ${what}`, () => naming(label, body));
  };
}
