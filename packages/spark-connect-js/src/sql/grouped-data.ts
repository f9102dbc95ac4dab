import { Aggregate_GroupType as GroupType } from '../gen/spark/connect/relations_pb.js';
import { type LiteralValue, toLiteral } from '../plan/literal.js';
import { type Column, type ColumnOrName, callFunction, functionCall, named } from './column.js';
import type { DataFrame } from './data-frame.js';

interface Pivot {
  readonly column: ColumnOrName;
  readonly values: readonly LiteralValue[];
}

/** Rows of a DataFrame in groups, waiting for aggregates. */
export class GroupedData {
  constructor(
    private readonly dataFrame: DataFrame,
    private readonly groupType: GroupType,
    private readonly columns: readonly ColumnOrName[],
    private readonly pivoted?: Pivot,
  ) {}

  /** One row per group: the grouping columns and these aggregates. */
  agg(...aggregates: Column[]): DataFrame {
    const { dataFrame, groupType, columns, pivoted } = this;
    return dataFrame.derive((request) => ({
      case: 'aggregate',
      value: {
        input: request.relation(dataFrame.plan),
        groupType: pivoted ? GroupType.PIVOT : groupType,
        groupingExpressions: columns.map((column) => named(column).expression(request)),
        aggregateExpressions: aggregates.map((column) => column.expression(request)),
        ...(pivoted && {
          pivot: { col: named(pivoted.column).expression(request), values: pivoted.values.map(toLiteral) },
        }),
      },
    }));
  }

  /** Number of rows per group, as column `count`. */
  count(): DataFrame {
    return this.agg(callFunction('count', 1).alias('count'));
  }
  sum(...columns: ColumnOrName[]): DataFrame {
    return this.#each('sum', columns);
  }
  avg(...columns: ColumnOrName[]): DataFrame {
    return this.#each('avg', columns);
  }
  mean(...columns: ColumnOrName[]): DataFrame {
    return this.avg(...columns);
  }
  min(...columns: ColumnOrName[]): DataFrame {
    return this.#each('min', columns);
  }
  max(...columns: ColumnOrName[]): DataFrame {
    return this.#each('max', columns);
  }

  #each(name: string, columns: readonly ColumnOrName[]): DataFrame {
    return this.agg(...columns.map((column) => functionCall(name, [named(column)])));
  }

  /**
   * Makes one column per value of `column`, holding the aggregate of its rows. Without `values`, Spark looks first
   * which ones there are, by a query of its own.
   */
  pivot(column: ColumnOrName, values: readonly LiteralValue[] = []): GroupedData {
    return new GroupedData(this.dataFrame, this.groupType, this.columns, { column, values });
  }
}
