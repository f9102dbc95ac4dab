import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import { Expression_LiteralSchema } from '../src/gen/spark/connect/expressions_pb.js';
import { RelationSchema } from '../src/gen/spark/connect/relations_pb.js';
import { ml, SparkSession } from '../src/index.js';
import { fromLiteral, matrixLiteral, vectorLiteral } from '../src/ml/literals.js';
import { PlanNode } from '../src/plan/plan.js';
import { DataFrame } from '../src/sql/data-frame.js';

describe('vectors and matrices', () => {
  it('fill in the zeros of sparse ones', () => {
    expect(ml.Vectors.sparse(4, [1, 3], [5, 7]).toArray()).toEqual([0, 5, 0, 7]);
    expect(new ml.DenseMatrix(2, 3, [1, 2, 3, 4, 5, 6]).toArray()).toEqual([
      [1, 3, 5],
      [2, 4, 6],
    ]);
    expect(new ml.DenseMatrix(2, 3, [1, 2, 3, 4, 5, 6], true).toArray()).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const sparse = [
      [0, 2, 0],
      [1, 0, 3],
    ];
    expect(new ml.SparseMatrix(2, 3, [0, 1, 2, 3], [1, 0, 1], [1, 2, 3]).toArray()).toEqual(sparse);
    expect(new ml.SparseMatrix(2, 3, [0, 1, 3], [1, 0, 2], [2, 1, 3], true).toArray()).toEqual(sparse);
  });

  it('refuse parts that do not match', () => {
    expect(() => ml.Vectors.sparse(3, [0, 1], [1])).toThrow('got 2 indices and 1 values');
    expect(() => ml.Vectors.sparse(3, [1, 1], [1, 2])).toThrow('ascending');
    expect(() => ml.Vectors.sparse(3, [3], [1])).toThrow('from 0 to 2');
    expect(() => new ml.DenseMatrix(2, 2, [1, 2, 3])).toThrow('needs 4 values, got 3');
  });

  it('travel to the server and back unchanged', () => {
    const back = (literal: ReturnType<typeof vectorLiteral>) =>
      fromLiteral(create(Expression_LiteralSchema, literal));
    for (const vector of [ml.Vectors.dense([1, -0.5, 1e300]), ml.Vectors.sparse(9, [2, 8], [1, 2])]) {
      expect(back(vectorLiteral(vector))).toEqual(vector);
    }
    const matrices = [
      new ml.DenseMatrix(2, 2, [1, 2, 3, 4], true),
      new ml.SparseMatrix(2, 2, [0, 1, 2], [0, 1], [5, 6]),
    ];
    for (const matrix of matrices) expect(back(matrixLiteral(matrix))).toEqual(matrix);
  });
});

describe('params', () => {
  it('are checked by name and type', () => {
    const kMeans = ml.KMeans as unknown as new (params: object) => ml.KMeans;
    expect(() => new kMeans({ clusters: 3 })).toThrow(/KMeans has no param "clusters"; it has: .*\bk\b/);
    expect(() => new kMeans({ toString: 3 })).toThrow('no param "toString"');
    expect(() => new kMeans({ k: 2.5 })).toThrow('KMeans: param "k" must be a 32-bit integer, got 2.5');
    expect(() => new kMeans({ initMode: 'best' })).toThrow('one of "k-means||", "random", got "best"');
    expect(() => new kMeans({ seed: 2 ** 60 })).toThrow('"seed" must be an integer');
    expect(new ml.KMeans({ seed: 2n ** 60n }).params).toEqual({ seed: 2n ** 60n });
  });

  it('are changed in copies, which keep the uid', () => {
    const first = new ml.KMeans({ k: 3, seed: 1 });
    const second = first.copy({ k: 4 });
    expect(second).toBeInstanceOf(ml.KMeans);
    expect(second.params).toEqual({ k: 4, seed: 1 });
    expect(second.uid).toBe(first.uid);
    expect(first.params).toEqual({ k: 3, seed: 1 });
  });
});

describe('plans', () => {
  const data = () => {
    const session = Object.create(SparkSession.prototype) as SparkSession;
    return new DataFrame(session, new PlanNode(() => ({ case: 'range', value: { end: 5n, step: 1n } })));
  };
  const pipeline = () =>
    new ml.Pipeline([
      new ml.VectorAssembler({ inputCols: ['id'], outputCol: 'v' }),
      new ml.StandardScaler({ inputCol: 'v', outputCol: 's' }),
      new ml.KMeans({ featuresCol: 's', k: 3 }),
    ]);

  it('are the same bytes each time the program runs', () => {
    const bytes = () => {
      const input = data();
      const fitted = pipeline().attach(input.session, ['a', 'b']);
      return toBinary(RelationSchema, create(RelationSchema, fitted.transform(input).relation()));
    };
    expect(bytes()).toEqual(bytes());
    expect(pipeline().uid).toBe(pipeline().uid);
    expect(new ml.KMeans({ k: 2 }).uid).not.toBe(new ml.KMeans({ k: 3 }).uid);
  });

  it('take models up by their ids, as many as there are', () => {
    const { session } = data();
    expect(pipeline().attach(session, ['a', 'b']).modelIds).toEqual(['a', 'b']);
    expect(() => pipeline().attach(session, ['a'])).toThrow('the pipeline has 2 models, got 1 ids');
    expect(() => pipeline().attach(session, ['a', 'b', 'c'])).toThrow('got 3 ids');
    const nested = new ml.Pipeline([pipeline(), new ml.PCA({ k: 2 })]);
    expect(nested.attach(session, ['a', 'b', 'c']).modelIds).toEqual(['a', 'b', 'c']);
  });
});
