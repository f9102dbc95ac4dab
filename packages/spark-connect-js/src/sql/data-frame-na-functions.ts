import { toLiteral } from '../plan/literal.js';
import type { DataFrame } from './data-frame.js';

/** What can stand for a missing value; the type decides which columns are filled. */
export type FillValue = boolean | number | bigint | string;

/** Work on missing values (nulls, and NaN in columns of floating-point numbers). */
export class DataFrameNaFunctions {
  constructor(private readonly dataFrame: DataFrame) {}

  /** Replaces missing values: in all columns of the value's type, in the named ones, or by column. */
  fill(value: FillValue | Readonly<Record<string, FillValue>>, columns: readonly string[] = []): DataFrame {
    const cols = typeof value === 'object' ? Object.keys(value) : [...columns];
    const values = typeof value === 'object' ? Object.values(value) : [value];
    return this.dataFrame.derive((request) => ({
      case: 'fillNa',
      value: { input: request.relation(this.dataFrame.plan), cols, values: values.map(toFillLiteral) },
    }));
  }

  /**
   * Drops rows with missing values in the named columns, or in all: with `any` missing, with `all` missing, or with
   * fewer than `atLeast` present.
   */
  drop(options: { how?: 'any' | 'all'; atLeast?: number; columns?: readonly string[] } = {}): DataFrame {
    const { how = 'any', atLeast = how === 'all' ? 1 : undefined, columns = [] } = options;
    return this.dataFrame.derive((request) => ({
      case: 'dropNa',
      value: {
        input: request.relation(this.dataFrame.plan),
        cols: [...columns],
        ...(atLeast !== undefined && { minNonNulls: atLeast }),
      },
    }));
  }

  /** Replaces values by others of the same type, in the named columns or in all. */
  replace(
    replacements: Iterable<readonly [FillValue, FillValue | null]>,
    columns: readonly string[] = [],
  ): DataFrame {
    const pairs = [...replacements].map(([from, to]) => ({
      oldValue: toLiteral(from),
      newValue: toLiteral(to),
    }));
    return this.dataFrame.derive((request) => ({
      case: 'replace',
      value: { input: request.relation(this.dataFrame.plan), cols: [...columns], replacements: pairs },
    }));
  }
}

/** Spark fills numbers of any type, but takes the filler as BIGINT or DOUBLE only. */
function toFillLiteral(value: FillValue) {
  return toLiteral(Number.isSafeInteger(value) ? BigInt(value) : value);
}
