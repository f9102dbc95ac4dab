import { type DataFrame, SparkConnectError, simpleString } from 'spark-connect-js';
import { OperatorError } from '../../operator.js';
import { sparkSentence } from '../../spark-errors.js';
import type { DatasetSpec } from './params.js';

/**
 * Lets Spark analyse every SQL expression of a dataset by itself, so that an error can name it.
 * @throws OperatorError `InvalidParams`
 */
export async function checkExpressions(name: string, spec: DatasetSpec, source: DataFrame): Promise<void> {
  for (const [index, rule] of spec.rules.entries()) {
    if (!('expect' in rule)) continue;
    const where = `datasets.${name}.rules[${index}].expect`;
    const type = await typeOf(source, rule.expect, where);
    if (type !== 'boolean') {
      throw new OperatorError(
        'InvalidParams',
        `${where}: expected a condition, but "${rule.expect}" is ${type}`,
      );
    }
  }
  for (const [index, { name: column, expression }] of spec.partitionBy.entries()) {
    if (expression !== undefined)
      await typeOf(source, expression, `datasets.${name}.partitionBy[${index}].${column}`);
  }
}

async function typeOf(source: DataFrame, expression: string, where: string): Promise<string> {
  try {
    const { fields } = await source.selectExpr(expression).schema();
    return fields[0] === undefined ? 'nothing' : simpleString(fields[0].dataType);
  } catch (error) {
    if (!(error instanceof SparkConnectError) || error.sqlState === undefined) throw error;
    throw new OperatorError('InvalidParams', `${where}: "${expression}": ${sparkSentence(error)}`, null, {
      cause: error,
    });
  }
}
