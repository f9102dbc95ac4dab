import type { ExecuteOptions } from '../client/execution.js';
import type { DataFrame } from '../sql/data-frame.js';
import type { SparkSession } from '../sql/spark-session.js';
import type { Model, ModelConstructor } from './model.js';
import { decodeParams, deriveUid, encodeParams, type ParamTable, type ParamValues } from './params.js';
import {
  type OperatorKind,
  objectId,
  operator,
  type ParamsInit,
  runForOperator,
  runForValue,
  runMl,
  transformed,
} from './remote.js';

export interface StageOptions {
  /** By which Spark names files and default columns. Default: made from class and params, equal for equal ones. */
  uid?: string | undefined;
}

export interface SaveOptions extends ExecuteOptions {
  /** Replace what is at the path; otherwise anything there is an error. Default false. */
  overwrite?: boolean;
  /** Options of the writer; which there are depends on the class. */
  writerOptions?: Readonly<Record<string, string>>;
}

/** A class of Spark's, and the params that it takes. */
export interface StageDefinition<Table extends ParamTable = ParamTable> {
  /** Fully qualified, such as `org.apache.spark.ml.clustering.KMeans`. */
  readonly className: string;
  readonly params: Table;
}

type StageConstructor<Values, Self> = new (params?: Values, options?: StageOptions) => Self;

/** The static side of the classes of estimators, transformers and evaluators. */
export interface StageClass<Values, Instance> {
  new (params?: Values, options?: StageOptions): Instance;
  readonly className: string;
  readonly kind: OperatorKind;
  /** Reads one that was saved, by this library or any other client of Spark. */
  load<Self>(
    this: StageConstructor<Values, Self> & Loadable,
    session: SparkSession,
    path: string,
  ): Promise<Self>;
}

/** What `load` needs of the class it is called on. */
export interface Loadable {
  readonly className: string;
  readonly kind: OperatorKind;
}

/** The last part of a class's name. */
export const shortName = (className: string): string => className.slice(className.lastIndexOf('.') + 1);

/** A configured estimator, transformer or evaluator. Immutable, and not bound to a session. */
export abstract class Stage<Values extends object> {
  readonly uid: string;
  /** The params that were set; Spark's defaults apply to the others. */
  readonly params: Readonly<Values>;
  protected readonly encoded: ParamsInit;
  abstract readonly kind: OperatorKind;

  /** @throws TypeError for a param that the class doesn't have or a value of another type */
  constructor(
    readonly definition: StageDefinition,
    params: Values,
    options: StageOptions,
  ) {
    const name = shortName(definition.className);
    this.encoded = encodeParams(name, definition.params, params as Record<string, unknown>);
    this.params = Object.freeze({ ...params });
    this.uid = options.uid ?? deriveUid(name, params as Record<string, unknown>);
  }

  /** The same with some params changed; it keeps its uid. */
  copy(changes: Values): this {
    const Self = this.constructor as StageConstructor<Values, this>;
    return new Self({ ...this.params, ...changes }, { uid: this.uid });
  }

  /** Writes it in Spark's own format, for any client to load. */
  async save(session: SparkSession, path: string, options: SaveOptions = {}): Promise<void> {
    const { overwrite = false, writerOptions = {}, ...execute } = options;
    const value = {
      type: { case: 'operator' as const, value: this.operator },
      params: this.encoded,
      path,
      shouldOverwrite: overwrite,
      options: { ...writerOptions },
    };
    await runMl(session, { case: 'write', value }, execute);
  }

  protected get operator() {
    return operator(this.kind, this.definition.className, this.uid);
  }
}

/** Learns a model from data. */
export abstract class Estimator<Values extends object, Fitted extends Model> extends Stage<Values> {
  readonly kind = 'estimator';

  constructor(
    definition: StageDefinition,
    private readonly modelClass: ModelConstructor<Fitted>,
    params: Values,
    options: StageOptions,
  ) {
    super(definition, params, options);
  }

  /**
   * Fits a model on the server, in one operation. It stays in the session's cache there until it is deleted or the
   * session ends.
   */
  async fit(data: DataFrame, options: ExecuteOptions = {}): Promise<Fitted> {
    const value = { estimator: this.operator, params: this.encoded, dataset: data.relation() };
    const info = await runForOperator(data.session, { case: 'fit', value }, options);
    const { session } = data;
    const origin = { session, id: objectId(info), warning: info.warningMessage, trainingData: data };
    return new this.modelClass({ ...origin, uid: this.uid, params: this.params });
  }

  /** The model that an estimator like this one fitted before, perhaps in another process, by its id in the session. */
  attach(session: SparkSession, id: string): Fitted {
    return new this.modelClass({ session, id, uid: this.uid, params: this.params });
  }
}

/** Adds columns to data, without learning anything. */
export abstract class Transformer<Values extends object = object> extends Stage<Values> {
  readonly kind = 'transformer';

  /** Adds columns; nothing runs until the result is used. */
  transform(data: DataFrame): DataFrame {
    return transformed(data, { case: 'transformer', value: this.operator }, this.encoded);
  }
}

/** Rates predictions by a metric. */
export abstract class Evaluator<Values extends object = object> extends Stage<Values> {
  readonly kind = 'evaluator';

  async evaluate(data: DataFrame, options: ExecuteOptions = {}): Promise<number> {
    const value = { evaluator: this.operator, params: this.encoded, dataset: data.relation() };
    return Number(await runForValue(data.session, { case: 'evaluate', value }, options));
  }
}

async function load<Values, Self>(
  this: StageConstructor<Values, Self> & Loadable,
  session: SparkSession,
  path: string,
): Promise<Self> {
  const info = await runForOperator(session, {
    case: 'read',
    value: { operator: operator(this.kind, this.className), path },
  });
  return new this(decodeParams(info.params) as Values, { uid: info.uid });
}

/** Makes the class of an estimator from its definition. */
export function estimator<Table extends ParamTable, Fitted extends Model>(
  className: string,
  params: Table,
  model: ModelConstructor<Fitted>,
): StageClass<ParamValues<Table>, Estimator<ParamValues<Table>, Fitted>> {
  return class extends Estimator<ParamValues<Table>, Fitted> {
    static readonly className = className;
    static readonly kind = 'estimator';
    static readonly load = load;
    constructor(values: ParamValues<Table> = {}, options: StageOptions = {}) {
      super({ className, params }, model, values, options);
    }
  };
}

/** Makes the class of a transformer from its definition. */
export function transformer<Table extends ParamTable>(
  className: string,
  params: Table,
): StageClass<ParamValues<Table>, Transformer<ParamValues<Table>>> {
  return class extends Transformer<ParamValues<Table>> {
    static readonly className = className;
    static readonly kind = 'transformer';
    static readonly load = load;
    constructor(values: ParamValues<Table> = {}, options: StageOptions = {}) {
      super({ className, params }, values, options);
    }
  };
}

/** Makes the class of an evaluator from its definition. */
export function evaluator<Table extends ParamTable>(
  className: string,
  params: Table,
): StageClass<ParamValues<Table>, Evaluator<ParamValues<Table>>> {
  return class extends Evaluator<ParamValues<Table>> {
    static readonly className = className;
    static readonly kind = 'evaluator';
    static readonly load = load;
    constructor(values: ParamValues<Table> = {}, options: StageOptions = {}) {
      super({ className, params }, values, options);
    }
  };
}
