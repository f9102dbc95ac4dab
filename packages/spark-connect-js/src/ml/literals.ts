import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  Expression_Literal,
  Expression_Literal_SpecializedArraySchema,
  Expression_Literal_Struct,
} from '../gen/spark/connect/expressions_pb.js';
import type { LiteralInit } from '../plan/literal.js';
import type { DataType } from '../types/data-type.js';
import { typeToProto } from '../types/type-proto.js';
import { DenseMatrix, DenseVector, type Matrix, SparseMatrix, SparseVector, type Vector } from './linalg.js';

type PackedList = NonNullable<
  MessageInitShape<typeof Expression_Literal_SpecializedArraySchema>['valueType']
>;

/** What the server answers when asked for an attribute of a model. Whole numbers are bigints only beyond 2⁵³. */
export type AttributeValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Vector
  | Matrix
  | AttributeValue[]
  | Map<AttributeValue, AttributeValue>;

const vectorClass = 'org.apache.spark.ml.linalg.VectorUDT';
const matrixClass = 'org.apache.spark.ml.linalg.MatrixUDT';
/** First field of the structs that stand for vectors and matrices. */
const sparse = 0;
const dense = 1;

export const booleanLiteral = (value: boolean): LiteralInit => ({ literalType: { case: 'boolean', value } });

export const stringLiteral = (value: string): LiteralInit => ({ literalType: { case: 'string', value } });

/** A list as the protocol carries it in params. */
export const arrayLiteral = (elementType: DataType, elements: LiteralInit[]): LiteralInit => ({
  literalType: { case: 'array', value: { elementType: typeToProto(elementType), elements } },
});

/** Lists inside vectors and matrices are packed; params can't have them so. */
const ints = (values: readonly number[]): LiteralInit =>
  packed({ case: 'ints', value: { values: [...values] } });
const doubles = (values: readonly number[]): LiteralInit =>
  packed({ case: 'doubles', value: { values: [...values] } });
const packed = (valueType: PackedList): LiteralInit => ({
  literalType: { case: 'specializedArray', value: { valueType } },
});

const byte = (value: number): LiteralInit => ({ literalType: { case: 'byte', value } });
const integer = (value: number): LiteralInit => ({ literalType: { case: 'integer', value } });
const nothing: LiteralInit = {
  literalType: { case: 'null', value: { kind: { case: 'null', value: {} } } },
};

const udt = (jvmClass: string, elements: LiteralInit[]): LiteralInit => ({
  literalType: {
    case: 'struct',
    value: { structType: { kind: { case: 'udt', value: { type: 'udt', jvmClass } } }, elements },
  },
});

export function vectorLiteral(vector: Vector): LiteralInit {
  return vector instanceof SparseVector
    ? udt(vectorClass, [byte(sparse), integer(vector.size), ints(vector.indices), doubles(vector.values)])
    : udt(vectorClass, [byte(dense), nothing, nothing, doubles(vector.values)]);
}

export function matrixLiteral(matrix: Matrix): LiteralInit {
  const size = [integer(matrix.numRows), integer(matrix.numCols)];
  const end = [doubles(matrix.values), booleanLiteral(matrix.isTransposed)];
  return matrix instanceof SparseMatrix
    ? udt(matrixClass, [byte(sparse), ...size, ints(matrix.colPtrs), ints(matrix.rowIndices), ...end])
    : udt(matrixClass, [byte(dense), ...size, nothing, nothing, ...end]);
}

/** @throws TypeError for a type that no attribute of a model has */
export function fromLiteral(literal: Expression_Literal): AttributeValue {
  const { literalType } = literal;
  switch (literalType.case) {
    case 'null':
      return null;
    case 'long':
      return wholeNumber(literalType.value);
    case 'boolean':
    case 'byte':
    case 'short':
    case 'integer':
    case 'float':
    case 'double':
    case 'string':
      return literalType.value;
    case 'array':
      return literalType.value.elements.map(fromLiteral);
    case 'specializedArray':
      return [...(literalType.value.valueType.value?.values ?? [])].map((value) =>
        typeof value === 'bigint' ? wholeNumber(value) : value,
      );
    case 'map': {
      const { keys, values } = literalType.value;
      return new Map(keys.map((key, index) => [fromLiteral(key), fromLiteral(at(values, index))]));
    }
    case 'struct':
      return fromUdt(literalType.value);
    default:
      throw new TypeError(
        `cannot read a literal of type ${literalType.case ?? 'unknown'} as an attribute of a model`,
      );
  }
}

function fromUdt({ structType, elements }: Expression_Literal_Struct): AttributeValue {
  const jvmClass = structType?.kind.case === 'udt' ? structType.kind.value.jvmClass : undefined;
  const fields = elements.map(fromLiteral);
  const isSparse = fields[0] === sparse;
  switch (jvmClass) {
    case vectorClass: {
      const values = numbers(fields[3]);
      return isSparse
        ? new SparseVector(number(fields[1]), numbers(fields[2]), values)
        : new DenseVector(values);
    }
    case matrixClass: {
      const [rows, columns, values] = [number(fields[1]), number(fields[2]), numbers(fields[5])];
      const isTransposed = fields[6] === true;
      return isSparse
        ? new SparseMatrix(rows, columns, numbers(fields[3]), numbers(fields[4]), values, isTransposed)
        : new DenseMatrix(rows, columns, values, isTransposed);
    }
    default:
      throw new TypeError(
        `cannot read a struct of ${jvmClass ?? 'no known class'} as an attribute of a model`,
      );
  }
}

const wholeNumber = (value: bigint): number | bigint =>
  Number.isSafeInteger(Number(value)) ? Number(value) : value;

const number = (value: AttributeValue | undefined): number => Number(value ?? 0);
const numbers = (value: AttributeValue | undefined): number[] =>
  Array.isArray(value) ? value.map(number) : [];

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new TypeError('a map literal has more keys than values');
  return item;
}
