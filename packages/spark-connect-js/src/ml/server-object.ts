import { SparkConnectError } from '../client/errors.js';
import type { DataFrame } from '../sql/data-frame.js';
import type { SparkSession } from '../sql/spark-session.js';
import { type Attribute, type AttributeTable, encodeArgs } from './attributes.js';
import type { AttributeValue } from './literals.js';
import { fetchedFrame, runForValue, runMl } from './remote.js';

/** A model in the server's cache, or something reached from it by method calls, such as its summary. */
export class ServerObject {
  constructor(
    readonly session: SparkSession,
    /** Id in the cache of the session. */
    readonly id: string,
    /** The data a model was fitted on. The server may drop a model's summary, and needs them to make it again. */
    readonly trainingData?: DataFrame,
    /** Methods that lead from the cached object to this one. */
    readonly path: readonly string[] = [],
  ) {}

  at(method: string): ServerObject {
    return new ServerObject(this.session, this.id, this.trainingData, [...this.path, method]);
  }

  /** Asks for an attribute. */
  get(name: string, attribute: Attribute, args: readonly unknown[]): Promise<AttributeValue> | DataFrame {
    const encoded = encodeArgs(name, attribute.args, args);
    const last = {
      method: name,
      args: encoded.map((param) => ({ argsType: { case: 'param' as const, value: param } })),
    };
    const fetch = { objRef: { id: this.id }, methods: [...this.path.map((method) => ({ method })), last] };
    if (attribute.isFrame) return fetchedFrame(this.session, fetch, this.#summaryData);
    return this.#withSummary(() => runForValue(this.session, { case: 'fetch', value: fetch }));
  }

  get #summaryData(): DataFrame | undefined {
    return this.path[0] === 'summary' ? this.trainingData : undefined;
  }

  /** Restores the summary when the server has moved the model to disk, which loses it. */
  async #withSummary<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (error) {
      const dataset = this.#summaryData;
      const isLost =
        error instanceof SparkConnectError && error.errorClass === 'CONNECT_ML.MODEL_SUMMARY_LOST';
      if (!isLost || dataset === undefined) throw error;
      const value = { modelRef: { id: this.id }, dataset: dataset.relation() };
      await runMl(this.session, { case: 'createSummary', value });
      return await ask();
    }
  }
}

/** Gives a class a method for each attribute of a table. */
export function defineAttributes<Self extends object>(
  prototype: Self,
  table: AttributeTable,
  objectOf: (self: Self) => ServerObject,
): void {
  for (const [name, attribute] of Object.entries(table)) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      writable: true,
      value(this: Self, ...args: unknown[]) {
        return objectOf(this).get(name, attribute, args);
      },
    });
  }
}
