/** A vector that stores every component. */
export class DenseVector {
  constructor(readonly values: readonly number[]) {}

  get size(): number {
    return this.values.length;
  }

  toArray(): number[] {
    return [...this.values];
  }
}

/** A vector that stores the components that are not zero. */
export class SparseVector {
  /**
   * @param indices where the components are, ascending
   * @throws RangeError when indices and values don't match, or an index is out of range
   */
  constructor(
    readonly size: number,
    readonly indices: readonly number[],
    readonly values: readonly number[],
  ) {
    checkSparse(size, indices, values);
  }

  toArray(): number[] {
    const dense = new Array<number>(this.size).fill(0);
    this.indices.forEach((index, position) => {
      dense[index] = this.values[position] ?? 0;
    });
    return dense;
  }
}

export type Vector = DenseVector | SparseVector;

/** Makes vectors, as PySpark's `Vectors` does. */
export const Vectors = {
  dense: (values: readonly number[]): DenseVector => new DenseVector(values),
  sparse: (size: number, indices: readonly number[], values: readonly number[]): SparseVector =>
    new SparseVector(size, indices, values),
};

/** A matrix that stores every entry, column by column, or row by row when it `isTransposed`. */
export class DenseMatrix {
  /** @throws RangeError when there are not `numRows × numCols` values */
  constructor(
    readonly numRows: number,
    readonly numCols: number,
    readonly values: readonly number[],
    readonly isTransposed: boolean = false,
  ) {
    if (values.length !== numRows * numCols) {
      throw new RangeError(
        `a ${numRows} × ${numCols} matrix needs ${numRows * numCols} values, got ${values.length}`,
      );
    }
  }

  /** Its rows. */
  toArray(): number[][] {
    return range(this.numRows).map((row) =>
      range(this.numCols).map((column) => {
        const index = this.isTransposed ? row * this.numCols + column : column * this.numRows + row;
        return this.values[index] ?? 0;
      }),
    );
  }
}

/** A matrix in compressed sparse column form, or compressed sparse row form when it `isTransposed`. */
export class SparseMatrix {
  /**
   * @param colPtrs where each column (row, if transposed) starts in `rowIndices` and `values`, and at last their length
   * @throws RangeError when the parts don't match
   */
  constructor(
    readonly numRows: number,
    readonly numCols: number,
    readonly colPtrs: readonly number[],
    readonly rowIndices: readonly number[],
    readonly values: readonly number[],
    readonly isTransposed: boolean = false,
  ) {
    const lines = isTransposed ? numRows : numCols;
    if (colPtrs.length !== lines + 1) {
      throw new RangeError(
        `a ${numRows} × ${numCols} sparse matrix needs ${lines + 1} pointers, got ${colPtrs.length}`,
      );
    }
    if (rowIndices.length !== values.length) throw unequalParts(rowIndices.length, values.length);
  }

  /** Its rows. */
  toArray(): number[][] {
    const dense = range(this.numRows).map(() => new Array<number>(this.numCols).fill(0));
    for (const line of range(this.colPtrs.length - 1)) {
      for (let position = this.colPtrs[line] ?? 0; position < (this.colPtrs[line + 1] ?? 0); position++) {
        const index = this.rowIndices[position] ?? 0;
        const [row, column] = this.isTransposed ? [line, index] : [index, line];
        const cells = dense[row];
        if (cells !== undefined) cells[column] = this.values[position] ?? 0;
      }
    }
    return dense;
  }
}

export type Matrix = DenseMatrix | SparseMatrix;

const range = (length: number): number[] => Array.from({ length }, (_, index) => index);

const unequalParts = (indices: number, values: number) =>
  new RangeError(`each value needs an index: got ${indices} indices and ${values} values`);

function checkSparse(size: number, indices: readonly number[], values: readonly number[]): void {
  if (indices.length !== values.length) throw unequalParts(indices.length, values.length);
  let last = -1;
  for (const index of indices) {
    if (!Number.isInteger(index) || index <= last || index >= size) {
      throw new RangeError(
        `indices must be ascending integers from 0 to ${size - 1}, got [${indices.join(', ')}]`,
      );
    }
    last = index;
  }
}
