import { type DataFrame, type DataType, type SparkSession, simpleString } from 'spark-connect-js';
import { openInputs } from '../../datasets/inputs.js';
import { naming } from '../../datasets/query.js';
import { type OperatorContext, OperatorError } from '../../operator.js';
import type { ClusteringSpec, RegressionSpec } from './params.js';

const numeric: ReadonlySet<DataType['kind']> = new Set([
  'boolean',
  'byte',
  'short',
  'integer',
  'long',
  'float',
  'double',
  'decimal',
]);
const nested: ReadonlySet<DataType['kind']> = new Set(['array', 'map', 'struct', 'udt', 'variant', 'binary']);

/** Opens the dataset of a model, with its filter applied. @throws OperatorError naming a column that does not fit */
export async function openTrainingData(
  context: OperatorContext,
  spark: SparkSession,
  name: string,
  spec: ClusteringSpec | RegressionSpec,
): Promise<DataFrame> {
  const { [name]: dataset } = await openInputs(context, spark, { [name]: spec.data });
  if (dataset === undefined) throw new Error(`no data were opened for model "${name}"`);
  const fields = new Map((await dataset.schema()).fields.map((field) => [field.name, field.dataType]));
  checkColumns(name, spec, fields);
  const { filter } = spec;
  if (filter === undefined) return dataset;
  const filtered = dataset.filter(filter);
  await naming(`model "${name}", filter`, () => filtered.schema());
  return filtered;
}

/** Checks that the columns which a model names exist and have types that it can use. */
export function checkColumns(
  model: string,
  spec: Pick<ClusteringSpec, 'kind' | 'features' | 'keep'> | RegressionSpec,
  fields: ReadonlyMap<string, DataType>,
): void {
  const check = (
    param: string,
    columns: readonly string[],
    fits: (kind: DataType['kind']) => boolean,
    expected: string,
  ) => {
    for (const column of columns) {
      const type = fields.get(column);
      if (type === undefined) {
        const known = [...fields.keys()].join(', ');
        throw new OperatorError(
          'SchemaMismatch',
          `model "${model}", ${param}: the data have no column ${column}; they have ${known}`,
        );
      }
      if (!fits(type.kind)) {
        throw new OperatorError(
          'SchemaMismatch',
          `model "${model}", ${param}: column ${column} is of type ${simpleString(type)}, expected ${expected}; make it one by SQL before, or leave it out`,
        );
      }
    }
  };
  const any = () => true;
  const isNumeric = (kind: DataType['kind']) => numeric.has(kind);
  const isFlat = (kind: DataType['kind']) => !nested.has(kind);
  check(
    'features',
    spec.features.map(({ column }) => column),
    isNumeric,
    spec.kind === 'clustering'
      ? 'a number or boolean'
      : 'a number or boolean (names of something belong in categories)',
  );
  check('keep', spec.keep, any, '');
  if (spec.kind === 'clustering') return;
  check('label', [spec.label], isNumeric, 'a number');
  check('categories', spec.categories, isFlat, 'a simple value such as a string');
  check('split.by', spec.split.by ?? [], isFlat, 'a simple value such as a number');
  check('baseline.groupBy', spec.baseline.groupBy, isFlat, 'a simple value such as a string');
}
