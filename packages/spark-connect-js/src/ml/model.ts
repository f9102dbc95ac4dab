import type { ExecuteOptions } from '../client/execution.js';
import type { DataFrame } from '../sql/data-frame.js';
import type { SparkSession } from '../sql/spark-session.js';
import type { AttributeMethods, AttributeTable } from './attributes.js';
import { decodeParams } from './params.js';
import { objectId, operator, runForOperator, runMl, transformed } from './remote.js';
import { defineAttributes, ServerObject } from './server-object.js';
import type { SaveOptions } from './stage.js';

/** Where a model is, and where it comes from. */
export interface ModelOrigin {
  readonly session: SparkSession;
  /** Its id in the cache of the session. */
  readonly id: string;
  readonly uid: string;
  /** Params of the estimator, or those that were saved with the model. */
  readonly params: object;
  readonly warning?: string | undefined;
  readonly trainingData?: DataFrame;
}

/** A model in the cache of a session on the server. Delete it when it is no longer needed. */
export class Model {
  readonly uid: string;
  /** Params that were set when it was fitted; Spark's defaults apply to the others. */
  readonly params: Readonly<Record<string, unknown>>;
  /** What the server warned of while fitting, if anything. */
  readonly warning: string | undefined;
  /** Where it is on the server. */
  readonly object: ServerObject;

  constructor({ session, id, uid, params, warning, trainingData }: ModelOrigin) {
    this.object = new ServerObject(session, id, trainingData);
    this.uid = uid;
    this.params = Object.freeze({ ...params });
    this.warning = warning;
  }

  get session(): SparkSession {
    return this.object.session;
  }

  /** Its id in the cache of the session, by which another process of the same session can find it. */
  get id(): string {
    return this.object.id;
  }

  /** Adds the model's columns; nothing runs until the result is used. */
  transform(data: DataFrame): DataFrame {
    return transformed(data, { case: 'objRef', value: { id: this.id } }, { params: {} });
  }

  /** Writes it in Spark's own format, for any client to load. */
  async save(path: string, options: SaveOptions = {}): Promise<void> {
    const { overwrite = false, writerOptions = {}, ...execute } = options;
    const value = {
      type: { case: 'objRef' as const, value: { id: this.id } },
      path,
      shouldOverwrite: overwrite,
      options: { ...writerOptions },
    };
    await runMl(this.session, { case: 'write', value }, execute);
  }

  /** Removes it from the server's cache. DataFrames made with it can no longer be used. */
  async delete(options: ExecuteOptions = {}): Promise<void> {
    await runMl(this.session, { case: 'delete', value: { objRefs: [{ id: this.id }] } }, options);
  }
}

/** A class of models: what makes an instance of it, and its name on the server. */
export interface ModelConstructor<Instance> {
  new (origin: ModelOrigin): Instance;
  /** Fully qualified, such as `org.apache.spark.ml.clustering.KMeansModel`. */
  readonly className: string;
}

/** The static side of the classes of models. */
export interface ModelClass<Instance> extends ModelConstructor<Instance> {
  readonly kind: 'model';
  /** Reads a model that was saved, by this library or any other client of Spark, into the session's cache. */
  load<Self>(
    this: ModelConstructor<Self>,
    session: SparkSession,
    path: string,
    options?: ExecuteOptions,
  ): Promise<Self>;
}

async function load<Self>(
  this: ModelConstructor<Self>,
  session: SparkSession,
  path: string,
  options: ExecuteOptions = {},
): Promise<Self> {
  const value = { operator: operator('model', this.className), path };
  const info = await runForOperator(session, { case: 'read', value }, options);
  return new this({ session, id: objectId(info), uid: info.uid ?? '', params: decodeParams(info.params) });
}

/** Makes the class of a model from what it can be asked for. */
export function model<Table extends AttributeTable>(
  className: string,
  attributes: Table,
): ModelClass<Model & AttributeMethods<Table>> {
  class DefinedModel extends Model {
    static readonly className = className;
    static readonly kind = 'model';
    static readonly load = load;
  }
  defineAttributes(DefinedModel.prototype, attributes, (self) => self.object);
  return DefinedModel as unknown as ModelClass<Model & AttributeMethods<Table>>;
}

/** Makes the class of a model that also keeps a summary of how it was fitted. */
export function modelWithSummary<Table extends AttributeTable, SummaryTable extends AttributeTable>(
  className: string,
  attributes: Table,
  summary: SummaryTable,
): ModelClass<Model & AttributeMethods<Table> & { readonly summary: AttributeMethods<SummaryTable> }> {
  class Summary {
    constructor(readonly object: ServerObject) {}
  }
  defineAttributes(Summary.prototype, summary, (self) => self.object);
  const Base = model(className, attributes);
  Object.defineProperty(Base.prototype, 'summary', {
    configurable: true,
    get(this: Model) {
      return new Summary(this.object.at('summary'));
    },
  });
  return Base as ModelClass<
    Model & AttributeMethods<Table> & { readonly summary: AttributeMethods<SummaryTable> }
  >;
}
