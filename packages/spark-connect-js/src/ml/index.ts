export { type CachedModel, cachedModels, cleanCache } from './cache.js';
export {
  DecisionTreeClassificationModel,
  DecisionTreeClassifier,
  GBTClassificationModel,
  GBTClassifier,
  LogisticRegression,
  LogisticRegressionModel,
  RandomForestClassificationModel,
  RandomForestClassifier,
} from './classification.js';
export {
  BisectingKMeans,
  BisectingKMeansModel,
  GaussianMixture,
  GaussianMixtureModel,
  KMeans,
  KMeansModel,
} from './clustering.js';
export {
  BinaryClassificationEvaluator,
  ClusteringEvaluator,
  MulticlassClassificationEvaluator,
  RegressionEvaluator,
} from './evaluation.js';
export {
  Binarizer,
  Bucketizer,
  FittedBucketizer,
  Imputer,
  ImputerModel,
  IndexToString,
  MaxAbsScaler,
  MaxAbsScalerModel,
  MinMaxScaler,
  MinMaxScalerModel,
  Normalizer,
  OneHotEncoder,
  OneHotEncoderModel,
  PCA,
  PCAModel,
  QuantileDiscretizer,
  RobustScaler,
  RobustScalerModel,
  SQLTransformer,
  StandardScaler,
  StandardScalerModel,
  StringIndexer,
  StringIndexerModel,
  VectorAssembler,
} from './feature.js';
export { arrayToVector, vectorToArray } from './functions.js';
export {
  DenseMatrix,
  DenseVector,
  type Matrix,
  SparseMatrix,
  SparseVector,
  type Vector,
  Vectors,
} from './linalg.js';
export { Model } from './model.js';
export { Pipeline, PipelineModel, type PipelineStage, type TransformerStage } from './pipeline.js';
export {
  DecisionTreeRegressionModel,
  DecisionTreeRegressor,
  GBTRegressionModel,
  GBTRegressor,
  LinearRegression,
  LinearRegressionModel,
  RandomForestRegressionModel,
  RandomForestRegressor,
} from './regression.js';
export { Estimator, Evaluator, type SaveOptions, type StageOptions, Transformer } from './stage.js';
