import {
  type Expression_SortOrder_NullOrdering,
  Expression_SortOrder_NullOrdering as NullOrdering,
  Expression_SortOrder_SortDirection as SortDirection,
} from '../gen/spark/connect/expressions_pb.js';
import { type LiteralValue, toLiteral } from '../plan/literal.js';
import type { Expression, ExpressionInit, PlanRequest } from '../plan/plan.js';
import type { DataType } from '../types/data-type.js';
import { typeToProto } from '../types/type-proto.js';
import type { WindowSpec } from './window.js';

/** A column, or the name of one. */
export type ColumnOrName = Column | string;
/** A column, or a value that is taken as a literal. A string here is a text, not the name of a column. */
export type ColumnOrValue = Column | LiteralValue | readonly ColumnOrValue[];

/**
 * An expression over the columns of a DataFrame. Immutable. Operands that are no columns are taken as literals:
 * `col('name').eq('Ann')` compares with the text Ann.
 */
export class Column {
  constructor(readonly expression: Expression) {}

  plus(other: ColumnOrValue): Column {
    return callFunction('+', this, other);
  }
  minus(other: ColumnOrValue): Column {
    return callFunction('-', this, other);
  }
  multiply(other: ColumnOrValue): Column {
    return callFunction('*', this, other);
  }
  /** Division that keeps the fraction, also between integers. */
  divide(other: ColumnOrValue): Column {
    return callFunction('/', this, other);
  }
  mod(other: ColumnOrValue): Column {
    return callFunction('%', this, other);
  }
  negate(): Column {
    return callFunction('negative', this);
  }
  pow(exponent: ColumnOrValue): Column {
    return callFunction('power', this, exponent);
  }

  eq(other: ColumnOrValue): Column {
    return callFunction('==', this, other);
  }
  ne(other: ColumnOrValue): Column {
    return callFunction('not', this.eq(other));
  }
  /** Equality that is never null: two nulls are equal. */
  eqNullSafe(other: ColumnOrValue): Column {
    return callFunction('<=>', this, other);
  }
  lt(other: ColumnOrValue): Column {
    return callFunction('<', this, other);
  }
  le(other: ColumnOrValue): Column {
    return callFunction('<=', this, other);
  }
  gt(other: ColumnOrValue): Column {
    return callFunction('>', this, other);
  }
  ge(other: ColumnOrValue): Column {
    return callFunction('>=', this, other);
  }
  /** Whether the value lies between two bounds, both included. */
  between(lower: ColumnOrValue, upper: ColumnOrValue): Column {
    return this.ge(lower).and(this.le(upper));
  }
  isin(...values: (ColumnOrValue | readonly ColumnOrValue[])[]): Column {
    return callFunction('in', this, ...values.flat());
  }

  and(other: ColumnOrValue): Column {
    return callFunction('and', this, other);
  }
  or(other: ColumnOrValue): Column {
    return callFunction('or', this, other);
  }
  not(): Column {
    return callFunction('not', this);
  }
  bitwiseAnd(other: ColumnOrValue): Column {
    return callFunction('&', this, other);
  }
  bitwiseOr(other: ColumnOrValue): Column {
    return callFunction('|', this, other);
  }
  bitwiseXor(other: ColumnOrValue): Column {
    return callFunction('^', this, other);
  }

  isNull(): Column {
    return callFunction('isNull', this);
  }
  isNotNull(): Column {
    return callFunction('isNotNull', this);
  }
  isNaN(): Column {
    return callFunction('isNaN', this);
  }

  /** SQL's LIKE: `%` stands for any text, `_` for one character. */
  like(pattern: ColumnOrValue): Column {
    return callFunction('like', this, pattern);
  }
  ilike(pattern: ColumnOrValue): Column {
    return callFunction('ilike', this, pattern);
  }
  /** Whether a Java regular expression matches somewhere in the text. */
  rlike(pattern: ColumnOrValue): Column {
    return callFunction('rlike', this, pattern);
  }
  contains(part: ColumnOrValue): Column {
    return callFunction('contains', this, part);
  }
  startsWith(prefix: ColumnOrValue): Column {
    return callFunction('startswith', this, prefix);
  }
  endsWith(suffix: ColumnOrValue): Column {
    return callFunction('endswith', this, suffix);
  }
  /** Part of a text or binary, from a position that counts from 1. */
  substr(start: ColumnOrValue, length: ColumnOrValue): Column {
    return callFunction('substr', this, start, length);
  }

  /** Converts to another type, given as a {@link DataType} or by its name in SQL: `cast('decimal(10,2)')`. */
  cast(type: DataType | string): Column {
    return this.#cast(type);
  }
  /** Like {@link cast}, with null for what cannot be converted. */
  tryCast(type: DataType | string): Column {
    return this.#cast(type, { evalMode: 3 });
  }
  #cast(type: DataType | string, mode: { evalMode?: number } = {}): Column {
    return new Column((request) => ({
      exprType: {
        case: 'cast',
        value: {
          expr: this.expression(request),
          castToType:
            typeof type === 'string'
              ? { case: 'typeStr', value: type }
              : { case: 'type', value: typeToProto(type) },
          ...mode,
        },
      },
    }));
  }

  /** Names the column; several names for an expression that gives several columns, such as `explode` of a map. */
  alias(name: string, ...more: string[]): Column {
    return new Column((request) => ({
      exprType: { case: 'alias', value: { expr: this.expression(request), name: [name, ...more] } },
    }));
  }

  /** A field of a struct, or the value of a map under a key. */
  getField(name: string): Column {
    return this.getItem(name);
  }
  /** An element of an array by position, from 0, or the value of a map under a key. */
  getItem(key: ColumnOrValue): Column {
    return new Column((request) => ({
      exprType: {
        case: 'unresolvedExtractValue',
        value: { child: this.expression(request), extraction: toColumn(key).expression(request) },
      },
    }));
  }
  /** A struct with a field added or replaced. */
  withField(name: string, value: Column): Column {
    return new Column((request) => ({
      exprType: {
        case: 'updateFields',
        value: {
          structExpression: this.expression(request),
          fieldName: name,
          valueExpression: value.expression(request),
        },
      },
    }));
  }
  /** A struct without some of its fields. */
  dropFields(...names: string[]): Column {
    return names.reduce<Column>(
      (column, name) =>
        new Column((request) => ({
          exprType: {
            case: 'updateFields',
            value: { structExpression: column.expression(request), fieldName: name },
          },
        })),
      this,
    );
  }

  /** Applies an aggregate or ranking function over a window of rows. */
  over(window: WindowSpec): Column {
    return window.apply(this);
  }

  asc(): Column {
    return this.#sorted(SortDirection.ASCENDING, NullOrdering.SORT_NULLS_FIRST);
  }
  ascNullsFirst(): Column {
    return this.asc();
  }
  ascNullsLast(): Column {
    return this.#sorted(SortDirection.ASCENDING, NullOrdering.SORT_NULLS_LAST);
  }
  desc(): Column {
    return this.#sorted(SortDirection.DESCENDING, NullOrdering.SORT_NULLS_LAST);
  }
  descNullsFirst(): Column {
    return this.#sorted(SortDirection.DESCENDING, NullOrdering.SORT_NULLS_FIRST);
  }
  descNullsLast(): Column {
    return this.desc();
  }
  #sorted(direction: SortDirection, nullOrdering: Expression_SortOrder_NullOrdering): Column {
    return new Column((request) => ({
      exprType: { case: 'sortOrder', value: { child: this.expression(request), direction, nullOrdering } },
    }));
  }
}

/** A `CASE WHEN … END` that can still grow; without {@link CaseColumn.otherwise} it is null when nothing matches. */
export class CaseColumn extends Column {
  constructor(private readonly branches: readonly ColumnOrValue[]) {
    super(callFunction('when', ...branches).expression);
  }

  when(condition: Column, value: ColumnOrValue): CaseColumn {
    return new CaseColumn([...this.branches, condition, value]);
  }

  otherwise(value: ColumnOrValue): Column {
    return callFunction('when', ...this.branches, value);
  }
}

/** A column of a DataFrame that is not known yet, by name; `*` for all, `a.b` for a field or a qualified name. */
export function col(name: string): Column {
  return new Column(() => attribute(name));
}

/** The expression for a column's name, perhaps of one DataFrame, by its number in the request. */
export function attribute(name: string, planId?: bigint): ExpressionInit {
  const of = planId === undefined ? {} : { planId };
  if (name === '*') return { exprType: { case: 'unresolvedStar', value: of } };
  if (name.endsWith('.*')) {
    return { exprType: { case: 'unresolvedStar', value: { unparsedTarget: name, ...of } } };
  }
  return { exprType: { case: 'unresolvedAttribute', value: { unparsedIdentifier: name, ...of } } };
}

/** A value as a column; arrays become SQL arrays. */
export function lit(value: ColumnOrValue): Column {
  return toColumn(value);
}

/** A SQL expression as a column: `expr("price * 1.19 AS gross")`. */
export function expr(sql: string): Column {
  return new Column(() => ({ exprType: { case: 'expressionString', value: { expression: sql } } }));
}

/** Any function of Spark SQL by name, built in or registered. Arguments that are no columns are literals. */
export function callFunction(name: string, ...args: readonly ColumnOrValue[]): Column {
  return functionCall(name, args.map(toColumn));
}

export function functionCall(name: string, args: readonly Column[], isDistinct = false): Column {
  return new Column((request) => ({
    exprType: {
      case: 'unresolvedFunction',
      value: { functionName: name, arguments: args.map((arg) => arg.expression(request)), isDistinct },
    },
  }));
}

export function toColumn(value: ColumnOrValue): Column {
  if (value instanceof Column) return value;
  if (isList(value)) return callFunction('array', ...value);
  const literal = toLiteral(value);
  return new Column(() => ({ exprType: { case: 'literal', value: literal } }));
}

const isList = (value: ColumnOrValue): value is readonly ColumnOrValue[] => Array.isArray(value);

export function named(column: ColumnOrName): Column {
  return typeof column === 'string' ? col(column) : column;
}

/** What a column sorts by: its own order, or ascending with nulls first. */
export function sortOrder(column: ColumnOrName, request: PlanRequest) {
  const { exprType } = named(column).expression(request);
  if (exprType?.case === 'sortOrder') return exprType.value;
  return {
    child: { exprType } as ExpressionInit,
    direction: SortDirection.ASCENDING,
    nullOrdering: NullOrdering.SORT_NULLS_FIRST,
  };
}
