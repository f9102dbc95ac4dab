import type { DataFrame } from 'spark-connect-js';

/** How good predictions are, in the label's unit; `r2` is null when all labels are equal. */
export type RegressionQuality = { rmse: number; mae: number; r2: number | null };

/**
 * Rates `predicted` and `baseline` against `actual`: the root of the mean squared error, the mean absolute error, and
 * the share of the variance explained, R² = 1 − Σ(actual − predicted)² / Σ(actual − mean)².
 */
export async function rate(
  predictions: DataFrame,
): Promise<{ metrics: RegressionQuality; baseline: RegressionQuality }> {
  const of = (column: string) => [
    `avg(pow(actual - ${column}, 2)) AS ${column}_mse`,
    `avg(abs(actual - ${column})) AS ${column}_mae`,
  ];
  const [row] = await predictions
    .selectExpr('var_pop(actual) AS variance', ...of('predicted'), ...of('baseline'))
    .collect<Record<string, number>>();
  const figures = row?.toObject() ?? {};
  const variance = figures.variance ?? 0;
  const quality = (column: string): RegressionQuality => {
    const mse = figures[`${column}_mse`] ?? 0;
    return {
      rmse: Math.sqrt(mse),
      mae: figures[`${column}_mae`] ?? 0,
      r2: variance === 0 ? null : 1 - mse / variance,
    };
  };
  return { metrics: quality('predicted'), baseline: quality('baseline') };
}
