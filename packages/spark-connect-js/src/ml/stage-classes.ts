import type { ExecuteOptions } from '../client/execution.js';
import type { SparkSession } from '../sql/spark-session.js';
import * as classification from './classification.js';
import * as clustering from './clustering.js';
import * as feature from './feature.js';
import type { Model } from './model.js';
import * as regression from './regression.js';
import type { Estimator, Transformer } from './stage.js';

type LeafStage = Estimator<object, Model> | Transformer | Model;

/** A class that can be a stage of a pipeline. */
interface LoadableStage {
  readonly className: string;
  readonly kind: string;
  load(session: SparkSession, path: string, options?: ExecuteOptions): Promise<LeafStage>;
}

const all: LoadableStage[] = [classification, clustering, feature, regression].flatMap((module) =>
  Object.values(module),
);

/** Classes that can be stages of a pipeline, by their names on the server. A bucketizer is a transformer on disk. */
export const stageClasses: ReadonlyMap<string, LoadableStage> = new Map(
  [...all.filter(({ kind }) => kind === 'model'), ...all.filter(({ kind }) => kind !== 'model')].map(
    (stageClass) => [stageClass.className, stageClass],
  ),
);
