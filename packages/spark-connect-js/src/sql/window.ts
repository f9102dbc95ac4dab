import { Expression_Window_WindowFrame_FrameType as FrameType } from '../gen/spark/connect/expressions_pb.js';
import type { PlanRequest } from '../plan/plan.js';
import { Column, type ColumnOrName, type ColumnOrValue, named, sortOrder, toColumn } from './column.js';

/** An edge of a window's frame: 0 is the current row, ±Infinity the first or last of its partition. */
export type FrameEdge = ColumnOrValue;

interface Frame {
  readonly type: FrameType;
  readonly start: FrameEdge;
  readonly end: FrameEdge;
}

/** Which rows a window function sees beside the current one. Immutable; start with {@link Window}. */
export class WindowSpec {
  constructor(
    private readonly partition: readonly ColumnOrName[] = [],
    private readonly order: readonly ColumnOrName[] = [],
    private readonly frame?: Frame,
  ) {}

  partitionBy(...columns: ColumnOrName[]): WindowSpec {
    return new WindowSpec(columns, this.order, this.frame);
  }

  orderBy(...columns: ColumnOrName[]): WindowSpec {
    return new WindowSpec(this.partition, columns, this.frame);
  }

  /** Bounds counted in rows from the current one; negative is before it. */
  rowsBetween(start: number, end: number): WindowSpec {
    return new WindowSpec(this.partition, this.order, { type: FrameType.ROW, start, end });
  }

  /** Bounds as distances in the value that the window is ordered by: numbers, or intervals. */
  rangeBetween(start: FrameEdge, end: FrameEdge): WindowSpec {
    return new WindowSpec(this.partition, this.order, { type: FrameType.RANGE, start, end });
  }

  /** The column that applies a function over this window. */
  apply(windowFunction: Column): Column {
    const { partition, order, frame } = this;
    return new Column((request) => ({
      exprType: {
        case: 'window',
        value: {
          windowFunction: windowFunction.expression(request),
          partitionSpec: partition.map((column) => named(column).expression(request)),
          orderSpec: order.map((column) => sortOrder(column, request)),
          ...(frame && {
            frameSpec: {
              frameType: frame.type,
              lower: boundary(frame.start, request),
              upper: boundary(frame.end, request),
            },
          }),
        },
      },
    }));
  }
}

function boundary(edge: FrameEdge, request: PlanRequest) {
  if (edge === 0) return { boundary: { case: 'currentRow' as const, value: true } };
  if (edge === Infinity || edge === -Infinity)
    return { boundary: { case: 'unbounded' as const, value: true } };
  return { boundary: { case: 'value' as const, value: toColumn(edge).expression(request) } };
}

/** Starts a {@link WindowSpec}: `Window.partitionBy('team').orderBy(col('hours').desc())`. */
export const Window = {
  unboundedPreceding: -Infinity,
  unboundedFollowing: Infinity,
  currentRow: 0,
  partitionBy: (...columns: ColumnOrName[]): WindowSpec => new WindowSpec(columns),
  orderBy: (...columns: ColumnOrName[]): WindowSpec => new WindowSpec([], columns),
} as const;
