import { ml, type SparkSession } from 'spark-connect-js';

/**
 * A pipeline that an earlier step fitted, by the ids of its models in the session's cache. Taking up the very same
 * models keeps plans the same, so that a retry reattaches to an operation that uses them. When the server no longer
 * has them, `remake` makes them anew; what may still run with models that were made in between is interrupted first.
 */
export async function recall(
  spark: SparkSession,
  pipeline: ml.Pipeline,
  modelIds: readonly string[],
  remake: () => Promise<ml.PipelineModel>,
): Promise<ml.PipelineModel> {
  const cached = new Set((await ml.cachedModels(spark)).map(({ id }) => id));
  if (modelIds.every((id) => cached.has(id))) return pipeline.attach(spark, modelIds);
  await spark.interruptAll();
  return remake();
}
