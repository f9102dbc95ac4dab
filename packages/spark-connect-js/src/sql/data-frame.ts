import {
  Aggregate_GroupType as GroupType,
  Join_JoinType as JoinType,
  SetOperation_SetOpType as SetOpType,
} from '../gen/spark/connect/relations_pb.js';
import { PlanNode, type PlanRequest, type RelationType } from '../plan/plan.js';
import type { StructType } from '../types/data-type.js';
import { typeToProto } from '../types/type-proto.js';
import {
  attribute,
  Column,
  type ColumnOrName,
  type ColumnOrValue,
  expr,
  lit,
  named,
  sortOrder,
} from './column.js';
import { DataFrameActions } from './data-frame-actions.js';
import { DataFrameNaFunctions, type FillValue } from './data-frame-na-functions.js';
import { DataFrameStatFunctions } from './data-frame-stat-functions.js';
import { GroupedData } from './grouped-data.js';

const joinTypes = {
  inner: JoinType.INNER,
  cross: JoinType.CROSS,
  outer: JoinType.FULL_OUTER,
  full: JoinType.FULL_OUTER,
  left: JoinType.LEFT_OUTER,
  right: JoinType.RIGHT_OUTER,
  semi: JoinType.LEFT_SEMI,
  anti: JoinType.LEFT_ANTI,
} as const;

/** Kinds of joins: `outer` and `full` are the same, `left` and `right` are outer joins. */
export type JoinKind = keyof typeof joinTypes;

/**
 * A query over rows with named columns, as in PySpark. Immutable and lazy: verbs such as {@link select} make a new
 * DataFrame, only actions such as {@link collect} run anything on the server. Verbs check nothing; the server's
 * errors come with the action.
 */
export class DataFrame extends DataFrameActions {
  /** A new DataFrame whose relation is written by `write`, for a request with this one's inputs. */
  override derive(write: (request: PlanRequest) => RelationType): DataFrame {
    return new DataFrame(this.session, new PlanNode(write));
  }

  // Columns and rows

  /** A column of this DataFrame, also where another one has a column of that name. */
  col(name: string): Column {
    return new Column((request) => attribute(name, request.id(this.plan)));
  }

  /** All columns whose name matches a Java regular expression, given in backquotes. */
  colRegex(pattern: string): Column {
    return new Column((request) => ({
      exprType: { case: 'unresolvedRegex', value: { colName: pattern, planId: request.id(this.plan) } },
    }));
  }

  select(...columns: (ColumnOrName | readonly ColumnOrName[])[]): DataFrame {
    const list = columns.flat();
    return this.derive((request) => ({
      case: 'project',
      value: { input: request.relation(this.plan), expressions: expressions(list, request) },
    }));
  }

  /** Selects SQL expressions: `selectExpr('id', 'price * 2 AS double')`. */
  selectExpr(...sql: string[]): DataFrame {
    return this.select(sql.map(expr));
  }

  /** Adds a column, or replaces the one of that name. */
  withColumn(name: string, column: Column): DataFrame {
    return this.withColumns({ [name]: column });
  }

  withColumns(columns: Readonly<Record<string, Column>>): DataFrame {
    return this.derive((request) => ({
      case: 'withColumns',
      value: {
        input: request.relation(this.plan),
        aliases: Object.entries(columns).map(([name, column]) => ({
          expr: column.expression(request),
          name: [name],
        })),
      },
    }));
  }

  withColumnRenamed(existing: string, renamed: string): DataFrame {
    return this.withColumnsRenamed({ [existing]: renamed });
  }

  withColumnsRenamed(names: Readonly<Record<string, string>>): DataFrame {
    const renames = Object.entries(names).map(([colName, newColName]) => ({ colName, newColName }));
    return this.derive((request) => ({
      case: 'withColumnsRenamed',
      value: { input: request.relation(this.plan), renames },
    }));
  }

  /** Renames all columns. */
  toDF(...columnNames: string[]): DataFrame {
    return this.derive((request) => ({
      case: 'toDf',
      value: { input: request.relation(this.plan), columnNames },
    }));
  }

  /** Arranges and converts the columns to fit a schema. */
  to(schema: StructType): DataFrame {
    return this.derive((request) => ({
      case: 'toSchema',
      value: { input: request.relation(this.plan), schema: typeToProto(schema) },
    }));
  }

  /** Names that the DataFrame lacks are ignored. */
  drop(...columns: ColumnOrName[]): DataFrame {
    return this.derive((request) => ({
      case: 'drop',
      value: {
        input: request.relation(this.plan),
        columnNames: columns.filter((column) => typeof column === 'string'),
        columns: expressions(
          columns.filter((column) => typeof column !== 'string'),
          request,
        ),
      },
    }));
  }

  /** Keeps rows for which a condition, perhaps in SQL, is true. */
  filter(condition: Column | string): DataFrame {
    const column = typeof condition === 'string' ? expr(condition) : condition;
    return this.derive((request) => ({
      case: 'filter',
      value: { input: request.relation(this.plan), condition: column.expression(request) },
    }));
  }

  where(condition: Column | string): DataFrame {
    return this.filter(condition);
  }

  distinct(): DataFrame {
    return this.derive((request) => ({
      case: 'deduplicate',
      value: { input: request.relation(this.plan), allColumnsAsKeys: true },
    }));
  }

  /** Keeps one row, any one, for each combination of the columns' values; of all columns if none is named. */
  dropDuplicates(columnNames: readonly string[] = []): DataFrame {
    if (columnNames.length === 0) return this.distinct();
    return this.derive((request) => ({
      case: 'deduplicate',
      value: { input: request.relation(this.plan), columnNames: [...columnNames] },
    }));
  }

  orderBy(...columns: (ColumnOrName | readonly ColumnOrName[])[]): DataFrame {
    return this.#sorted(columns.flat(), true);
  }

  sort(...columns: (ColumnOrName | readonly ColumnOrName[])[]): DataFrame {
    return this.orderBy(...columns);
  }

  sortWithinPartitions(...columns: ColumnOrName[]): DataFrame {
    return this.#sorted(columns, false);
  }

  #sorted(columns: readonly ColumnOrName[], isGlobal: boolean): DataFrame {
    return this.derive((request) => ({
      case: 'sort',
      value: {
        input: request.relation(this.plan),
        order: columns.map((column) => sortOrder(column, request)),
        isGlobal,
      },
    }));
  }

  limit(limit: number): DataFrame {
    return this.derive((request) => ({
      case: 'limit',
      value: { input: request.relation(this.plan), limit },
    }));
  }

  offset(offset: number): DataFrame {
    return this.derive((request) => ({
      case: 'offset',
      value: { input: request.relation(this.plan), offset },
    }));
  }

  /** A random sample of about `fraction` of the rows; the same one for the same seed and data. */
  sample(fraction: number, options: { seed?: number | bigint; withReplacement?: boolean } = {}): DataFrame {
    const { seed, withReplacement = false } = options;
    return this.derive((request) => ({
      case: 'sample',
      value: {
        input: request.relation(this.plan),
        lowerBound: 0,
        upperBound: fraction,
        withReplacement,
        ...(seed !== undefined && { seed: BigInt(seed) }),
      },
    }));
  }

  /** Splits the rows at random into parts of about these relative weights. The parts are disjoint. */
  randomSplit(weights: readonly number[], seed: number | bigint): DataFrame[] {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    let before = 0;
    return weights.map((weight) => {
      const lowerBound = before / total;
      before += weight;
      const upperBound = before / total;
      return this.derive((request) => ({
        case: 'sample',
        value: {
          input: request.relation(this.plan),
          lowerBound,
          upperBound,
          withReplacement: false,
          seed: BigInt(seed),
          // Every part must see the rows in the same order, else they would overlap.
          deterministicOrder: true,
        },
      }));
    });
  }

  /** Names the DataFrame, so that `col('name.column')` can tell it from others in a join. */
  alias(name: string): DataFrame {
    return this.derive((request) => ({
      case: 'subqueryAlias',
      value: { input: request.relation(this.plan), alias: name },
    }));
  }

  /** Advice for the optimizer, such as `hint('broadcast')`. */
  hint(name: string, ...parameters: ColumnOrValue[]): DataFrame {
    return this.derive((request) => ({
      case: 'hint',
      value: {
        input: request.relation(this.plan),
        name,
        parameters: parameters.map((parameter) => lit(parameter).expression(request)),
      },
    }));
  }

  /** Turns columns into rows of name and value; `values` defaults to all columns that are not ids. */
  unpivot(
    ids: readonly ColumnOrName[],
    values: readonly ColumnOrName[] | undefined,
    variableColumnName: string,
    valueColumnName: string,
  ): DataFrame {
    return this.derive((request) => ({
      case: 'unpivot',
      value: {
        input: request.relation(this.plan),
        ids: expressions(ids, request),
        ...(values && { values: { values: expressions(values, request) } }),
        variableColumnName,
        valueColumnName,
      },
    }));
  }

  /** Applies a function to this DataFrame: for chains of own steps. */
  transform(step: (input: DataFrame) => DataFrame): DataFrame {
    return step(this);
  }

  // Several DataFrames

  /** Joins on columns that both sides have, by name (they appear once in the result), or on a condition. */
  join(other: DataFrame, on?: string | readonly string[] | Column, how: JoinKind = 'inner'): DataFrame {
    const usingColumns = typeof on === 'string' ? [on] : on instanceof Column ? [] : [...(on ?? [])];
    return this.derive((request) => ({
      case: 'join',
      value: {
        left: request.relation(this.plan),
        right: request.relation(other.plan),
        joinType: joinTypes[how],
        usingColumns,
        ...(on instanceof Column && { joinCondition: on.expression(request) }),
      },
    }));
  }

  crossJoin(other: DataFrame): DataFrame {
    return this.join(other, undefined, 'cross');
  }

  /** Rows of both, by the columns' position; duplicates stay. */
  union(other: DataFrame): DataFrame {
    return this.#setOperation(other, SetOpType.UNION, { isAll: true });
  }

  unionByName(other: DataFrame, options: { allowMissingColumns?: boolean } = {}): DataFrame {
    const { allowMissingColumns = false } = options;
    return this.#setOperation(other, SetOpType.UNION, { isAll: true, byName: true, allowMissingColumns });
  }

  intersect(other: DataFrame): DataFrame {
    return this.#setOperation(other, SetOpType.INTERSECT, { isAll: false });
  }

  intersectAll(other: DataFrame): DataFrame {
    return this.#setOperation(other, SetOpType.INTERSECT, { isAll: true });
  }

  /** Distinct rows of this one that the other has not. */
  subtract(other: DataFrame): DataFrame {
    return this.#setOperation(other, SetOpType.EXCEPT, { isAll: false });
  }

  exceptAll(other: DataFrame): DataFrame {
    return this.#setOperation(other, SetOpType.EXCEPT, { isAll: true });
  }

  #setOperation(
    other: DataFrame,
    setOpType: SetOpType,
    options: { isAll: boolean; byName?: boolean; allowMissingColumns?: boolean },
  ): DataFrame {
    return this.derive((request) => ({
      case: 'setOp',
      value: {
        leftInput: request.relation(this.plan),
        rightInput: request.relation(other.plan),
        setOpType,
        ...options,
      },
    }));
  }

  // Groups

  groupBy(...columns: (ColumnOrName | readonly ColumnOrName[])[]): GroupedData {
    return new GroupedData(this, GroupType.GROUPBY, columns.flat());
  }

  /** Groups by the columns, by all but the last, and so on up to the grand total. */
  rollup(...columns: ColumnOrName[]): GroupedData {
    return new GroupedData(this, GroupType.ROLLUP, columns);
  }

  /** Groups by every subset of the columns. */
  cube(...columns: ColumnOrName[]): GroupedData {
    return new GroupedData(this, GroupType.CUBE, columns);
  }

  /** Aggregates over all rows. */
  agg(...aggregates: Column[]): DataFrame {
    return this.groupBy().agg(...aggregates);
  }

  /** Statistics of columns as text: count, mean, stddev, min, max; of all numbers and texts if none is named. */
  describe(...cols: string[]): DataFrame {
    return this.derive((request) => ({
      case: 'describe',
      value: { input: request.relation(this.plan), cols },
    }));
  }

  /** Like {@link describe} for all columns, with quartiles or the statistics asked for, such as `'95%'`. */
  summary(...statistics: string[]): DataFrame {
    return this.derive((request) => ({
      case: 'summary',
      value: { input: request.relation(this.plan), statistics },
    }));
  }

  /** Missing values. */
  get na(): DataFrameNaFunctions {
    return new DataFrameNaFunctions(this);
  }

  /** Replaces nulls and NaNs; see {@link DataFrameNaFunctions.fill}. */
  fillna(value: FillValue | Readonly<Record<string, FillValue>>, columns?: readonly string[]): DataFrame {
    return this.na.fill(value, columns);
  }

  /** Drops rows with nulls or NaNs; see {@link DataFrameNaFunctions.drop}. */
  dropna(...args: Parameters<DataFrameNaFunctions['drop']>): DataFrame {
    return this.na.drop(...args);
  }

  /** Statistics over columns. */
  get stat(): DataFrameStatFunctions {
    return new DataFrameStatFunctions(this);
  }

  // Partitions

  /** Redistributes the rows: to a number of partitions, by the values of columns, or both. */
  repartition(count: number | ColumnOrName, ...columns: ColumnOrName[]): DataFrame {
    if (typeof count === 'number' && columns.length === 0) return this.#repartitioned(count, true);
    return this.#partitionedBy(count, columns, (column, request) => named(column).expression(request));
  }

  /** Redistributes the rows to ranges of the columns' values. */
  repartitionByRange(count: number | ColumnOrName, ...columns: ColumnOrName[]): DataFrame {
    return this.#partitionedBy(count, columns, (column, request) => ({
      exprType: { case: 'sortOrder', value: sortOrder(column, request) },
    }));
  }

  /** Reduces the number of partitions without moving rows between machines. */
  coalesce(count: number): DataFrame {
    return this.#repartitioned(count, false);
  }

  #repartitioned(numPartitions: number, shuffle: boolean): DataFrame {
    return this.derive((request) => ({
      case: 'repartition',
      value: { input: request.relation(this.plan), numPartitions, shuffle },
    }));
  }

  #partitionedBy(
    count: number | ColumnOrName,
    columns: readonly ColumnOrName[],
    write: (column: ColumnOrName, request: PlanRequest) => ReturnType<Column['expression']>,
  ): DataFrame {
    const list = typeof count === 'number' ? columns : [count, ...columns];
    return this.derive((request) => ({
      case: 'repartitionByExpression',
      value: {
        input: request.relation(this.plan),
        partitionExprs: list.map((column) => write(column, request)),
        ...(typeof count === 'number' && { numPartitions: count }),
      },
    }));
  }
}

function expressions(columns: readonly ColumnOrName[], request: PlanRequest) {
  return columns.map((column) => named(column).expression(request));
}
