import type { ExecuteOptions } from '../client/execution.js';
import { type LiteralValue, toLiteral } from '../plan/literal.js';
import type { Value } from '../values/row.js';
import { type ColumnOrName, named } from './column.js';
import type { DataFrame } from './data-frame.js';

/** Statistics over columns of a DataFrame. */
export class DataFrameStatFunctions {
  constructor(private readonly dataFrame: DataFrame) {}

  /**
   * Quantiles of columns, each exact up to `relativeError` of the number of rows in rank.
   * @returns for each column, one value per probability
   */
  async approxQuantile(
    columns: readonly string[],
    probabilities: readonly number[],
    relativeError: number,
    options?: ExecuteOptions,
  ): Promise<number[][]> {
    const { dataFrame } = this;
    const result = dataFrame.derive((request) => ({
      case: 'approxQuantile',
      value: {
        input: request.relation(dataFrame.plan),
        cols: [...columns],
        probabilities: [...probabilities],
        relativeError,
      },
    }));
    return (await scalar(result, options)) as number[][];
  }

  /** Pearson's correlation of two columns. */
  async corr(col1: string, col2: string, options?: ExecuteOptions): Promise<number> {
    const { dataFrame } = this;
    const result = dataFrame.derive((request) => ({
      case: 'corr',
      value: { input: request.relation(dataFrame.plan), col1, col2, method: 'pearson' },
    }));
    return (await scalar(result, options)) as number;
  }

  /** Sample covariance of two columns. */
  async cov(col1: string, col2: string, options?: ExecuteOptions): Promise<number> {
    const { dataFrame } = this;
    const result = dataFrame.derive((request) => ({
      case: 'cov',
      value: { input: request.relation(dataFrame.plan), col1, col2 },
    }));
    return (await scalar(result, options)) as number;
  }

  /** How often each pair of values of two columns occurs, as a table. */
  crosstab(col1: string, col2: string): DataFrame {
    const { dataFrame } = this;
    return dataFrame.derive((request) => ({
      case: 'crosstab',
      value: { input: request.relation(dataFrame.plan), col1, col2 },
    }));
  }

  /** Values that make up at least a share of the rows, perhaps with a few that don't. */
  freqItems(columns: readonly string[], support = 0.01): DataFrame {
    const { dataFrame } = this;
    return dataFrame.derive((request) => ({
      case: 'freqItems',
      value: { input: request.relation(dataFrame.plan), cols: [...columns], support },
    }));
  }

  /** A sample with a fraction of its own for each value of a column; values not named are left out. */
  sampleBy(
    column: ColumnOrName,
    fractions: Iterable<readonly [LiteralValue, number]>,
    seed: number | bigint,
  ): DataFrame {
    const { dataFrame } = this;
    const strata = [...fractions].map(([stratum, fraction]) => ({ stratum: toLiteral(stratum), fraction }));
    return dataFrame.derive((request) => ({
      case: 'sampleBy',
      value: {
        input: request.relation(dataFrame.plan),
        col: named(column).expression(request),
        fractions: strata,
        seed: BigInt(seed),
      },
    }));
  }
}

async function scalar(dataFrame: DataFrame, options?: ExecuteOptions): Promise<Value> {
  const [row] = await dataFrame.collect(options);
  return row?.at(0) ?? null;
}
