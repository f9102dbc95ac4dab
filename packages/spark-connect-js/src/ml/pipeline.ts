import type { ExecuteOptions } from '../client/execution.js';
import type { DataFrame } from '../sql/data-frame.js';
import type { SparkSession } from '../sql/spark-session.js';
import { Model } from './model.js';
import { deriveUid } from './params.js';
import { clearPath, readStageMetadata, stagePaths, writePipelineMetadata } from './pipeline-format.js';
import { Estimator, type SaveOptions, type StageOptions, type Transformer } from './stage.js';
import { stageClasses } from './stage-classes.js';

/** Anything that turns data into data: a transformer, a fitted model, a fitted pipeline. */
export type TransformerStage = Transformer | Model | PipelineModel;
/** A step of a pipeline. */
export type PipelineStage = Estimator<object, Model> | Pipeline | TransformerStage;

/** Stages that are fitted one after the other, each on the data as the former ones transform them. Lives in the client. */
export class Pipeline {
  static readonly className = 'org.apache.spark.ml.Pipeline';
  readonly uid: string;

  constructor(
    readonly stages: readonly PipelineStage[],
    options: StageOptions = {},
  ) {
    this.uid = options.uid ?? deriveUid('Pipeline', { stages: stages.map(({ uid }) => uid) });
  }

  /** Fits the estimators among the stages, in one operation each. */
  async fit(data: DataFrame, options: ExecuteOptions = {}): Promise<PipelineModel> {
    const lastToFit = this.stages.findLastIndex(isFittable);
    const fitted: TransformerStage[] = [];
    let current = data;
    for (const [index, stage] of this.stages.entries()) {
      const transformer = isFittable(stage) ? await stage.fit(current, options) : stage;
      fitted.push(transformer);
      if (index < lastToFit) current = transformer.transform(current);
    }
    return new PipelineModel(data.session, fitted);
  }

  /**
   * The pipeline that one like this fitted before, perhaps in another process.
   * @param modelIds what {@link PipelineModel.modelIds} gave
   * @throws RangeError when they are more or fewer than the pipeline has models
   */
  attach(session: SparkSession, modelIds: readonly string[]): PipelineModel {
    const ids = [...modelIds];
    const attached = this.#attach(session, ids);
    if (ids.length > 0 || attached.modelIds.length !== modelIds.length) {
      throw new RangeError(`the pipeline has ${attached.modelIds.length} models, got ${modelIds.length} ids`);
    }
    return attached;
  }

  /** Takes the ids that its stages need off the list. */
  #attach(session: SparkSession, ids: string[]): PipelineModel {
    const stages = this.stages.map((stage) => {
      if (stage instanceof Pipeline) return stage.#attach(session, ids);
      if (stage instanceof Estimator) return stage.attach(session, ids.shift() ?? '');
      if (stage instanceof PipelineModel) ids.splice(0, stage.modelIds.length);
      if (stage instanceof Model) ids.shift();
      return stage;
    });
    return new PipelineModel(session, stages);
  }

  /** Writes it in the format of Spark's pipelines, for any client to load. */
  async save(session: SparkSession, path: string, options: SaveOptions = {}): Promise<void> {
    await saveStages(session, Pipeline.className, this, path, options);
  }

  /** Reads a pipeline that any client of Spark saved. @throws TypeError for a stage of a class not known here */
  static async load(session: SparkSession, path: string, options: ExecuteOptions = {}): Promise<Pipeline> {
    const { uid, stages } = await loadStages(session, Pipeline.className, path, options);
    return new Pipeline(stages, { uid });
  }
}

/** A pipeline whose stages are all fitted. */
export class PipelineModel {
  static readonly className = 'org.apache.spark.ml.PipelineModel';
  readonly uid: string;

  constructor(
    readonly session: SparkSession,
    readonly stages: readonly TransformerStage[],
    options: StageOptions = {},
  ) {
    this.uid = options.uid ?? deriveUid('PipelineModel', { stages: stages.map(({ uid }) => uid) });
  }

  /** Ids of its models in the cache of the session, in the order of the stages. */
  get modelIds(): string[] {
    return this.stages.flatMap((stage) => {
      if (stage instanceof PipelineModel) return stage.modelIds;
      return stage instanceof Model ? [stage.id] : [];
    });
  }

  /** Adds the columns of all stages; nothing runs until the result is used. */
  transform(data: DataFrame): DataFrame {
    return this.stages.reduce((current, stage) => stage.transform(current), data);
  }

  /** Writes it in the format of Spark's pipelines, for any client to load. */
  async save(path: string, options: SaveOptions = {}): Promise<void> {
    await saveStages(this.session, PipelineModel.className, this, path, options);
  }

  /** Removes its models from the server's cache. */
  async delete(options: ExecuteOptions = {}): Promise<void> {
    for (const stage of this.stages) {
      if (stage instanceof Model || stage instanceof PipelineModel) await stage.delete(options);
    }
  }

  /** Reads a fitted pipeline that any client of Spark saved. @throws TypeError for a stage of a class not known here */
  static async load(
    session: SparkSession,
    path: string,
    options: ExecuteOptions = {},
  ): Promise<PipelineModel> {
    const { uid, stages } = await loadStages(session, PipelineModel.className, path, options);
    return new PipelineModel(session, stages as TransformerStage[], { uid });
  }
}

const isFittable = (stage: PipelineStage): stage is Estimator<object, Model> | Pipeline =>
  stage instanceof Estimator || stage instanceof Pipeline;

async function saveStages(
  session: SparkSession,
  className: string,
  { uid, stages }: Pipeline | PipelineModel,
  path: string,
  { overwrite = false, writerOptions = {}, ...execute }: SaveOptions,
): Promise<void> {
  const stageUids = stages.map((stage) => stage.uid);
  const paths = stagePaths(path, stageUids);
  await clearPath(session, path, overwrite, execute);
  await writePipelineMetadata(session, path, { className, uid, stageUids }, execute);
  for (const [index, stage] of stages.entries()) {
    const stagePath = paths[index] ?? path;
    const options = { ...execute, writerOptions };
    if (stage instanceof Model || stage instanceof PipelineModel) await stage.save(stagePath, options);
    else await stage.save(session, stagePath, options);
  }
}

async function loadStages(
  session: SparkSession,
  className: string,
  path: string,
  options: ExecuteOptions,
): Promise<{ uid: string; stages: PipelineStage[] }> {
  const metadata = await readStageMetadata(session, path, options);
  if (metadata.className !== className) {
    throw new TypeError(`${path} holds a ${metadata.className}, expected a ${className}`);
  }
  const stages: PipelineStage[] = [];
  for (const stagePath of stagePaths(path, metadata.stageUids ?? [])) {
    stages.push(await loadStage(session, stagePath, options));
  }
  return { uid: metadata.uid, stages };
}

async function loadStage(
  session: SparkSession,
  path: string,
  options: ExecuteOptions,
): Promise<PipelineStage> {
  const { className } = await readStageMetadata(session, path, options);
  if (className === Pipeline.className) return Pipeline.load(session, path, options);
  if (className === PipelineModel.className) return PipelineModel.load(session, path, options);
  const stageClass = stageClasses.get(className);
  if (stageClass === undefined)
    throw new TypeError(`${path}: stages of class ${className} are not supported`);
  return stageClass.load(session, path, options);
}
