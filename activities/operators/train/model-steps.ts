import { SparkConnectError } from 'spark-connect-js';
import { naming } from '../../datasets/query.js';
import { type Json, type OperatorContext, OperatorError } from '../../operator.js';

/** Runs a durable step of a model. */
export type ModelStep = <T extends Json>(what: string, body: () => Promise<T>) => Promise<T>;

/** The steps of a model: named after it, and what Spark refuses to do in them is said to be of it. */
export function modelSteps(context: OperatorContext, model: string): ModelStep {
  return (what, body) => {
    context.heartbeat({ message: `${model}: ${what}` });
    const label = `model "${model}", ${what}`;
    return context.step(`${model}: ${what}`, () => naming(label, () => refusing(label, body)));
  };
}

/** MLlib's own checks have no SQLSTATE; a retry would meet them again. */
async function refusing<T>(label: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    const isRefusal =
      error instanceof SparkConnectError &&
      error.exceptionClasses.includes('java.lang.IllegalArgumentException');
    if (!isRefusal) throw error;
    throw new OperatorError('SparkQueryFailed', `${label}: ${error.message}`, null, { cause: error });
  }
}
