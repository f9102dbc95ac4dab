import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from 'vitest';
import type { SparkConnectClient } from '../src/client/client.js';
import { type Relation, RelationSchema } from '../src/gen/spark/connect/relations_pb.js';
import { col, type DataFrame, functions as F, lit, SparkSession, Window } from '../src/index.js';

// Plans are built without a server; a call to one would fail here.
const session = new SparkSession({} as SparkConnectClient, 'none');
const relation = (dataFrame: DataFrame): Relation => create(RelationSchema, dataFrame.relation());
const bytes = (dataFrame: DataFrame) =>
  Buffer.from(toBinary(RelationSchema, relation(dataFrame))).toString('hex');

function program(): DataFrame {
  const tasks = session.read.option('mergeSchema', true).parquet('/data/tasks');
  const users = session.table('users').filter(col('active').eq(true));
  const perUser = Window.partitionBy('user_id').orderBy(F.desc('hours'));
  return tasks
    .join(users, tasks.col('user_id').eq(users.col('id')), 'left')
    .withColumns({ rank: F.rank().over(perUser), doubled: F.transform('tags', (tag) => F.upper(tag)) })
    .groupBy('team')
    .agg(F.sum('hours').alias('hours'), F.countDistinct('user_id'))
    .orderBy(F.desc('hours'));
}

describe('plans', () => {
  it('are the same bytes for the same program, whatever was built before', () => {
    const first = bytes(program());
    for (let count = 0; count < 50; count++) session.range(count).select('id').relation();
    F.transform('a', (x) => x);
    expect(bytes(program())).toBe(first);
  });

  it('number nodes from 0, each once, as they are met', () => {
    const ids: bigint[] = [];
    const collect = (message: Relation | undefined) => {
      if (message === undefined) return;
      ids.push(message.common?.planId ?? -1n);
      const { value } = message.relType as { value: { input?: Relation; left?: Relation; right?: Relation } };
      for (const input of [value.input, value.left, value.right]) collect(input);
    };
    collect(relation(program()));
    expect(ids).toEqual(ids.map((_, index) => BigInt(index)));
  });

  it('let a column point at its own DataFrame', () => {
    const left = session.range(3);
    const right = session.range(5);
    const joined = relation(left.join(right, left.col('id').eq(right.col('id')))).relType;
    if (joined.case !== 'join') throw new Error('not a join');
    const { left: leftNode, right: rightNode, joinCondition } = joined.value;
    const call = joinCondition?.exprType;
    const args = call?.case === 'unresolvedFunction' ? call.value.arguments : [];
    const targets = args.map(
      ({ exprType }) => exprType.case === 'unresolvedAttribute' && exprType.value.planId,
    );
    expect(targets).toEqual([leftNode?.common?.planId, rightNode?.common?.planId]);
    expect(targets[0]).not.toBe(targets[1]);
  });

  it('write a DataFrame that is used twice under one number', () => {
    const base = session.range(3);
    const union = relation(base.union(base)).relType;
    if (union.case !== 'setOp') throw new Error('not a union');
    expect(union.value.leftInput?.common?.planId).toBe(union.value.rightInput?.common?.planId);
  });

  it('give nested lambdas variables of their own', () => {
    const nested = F.transform('a', (row) => F.transform(row, (cell) => cell.plus(F.size(row))));
    const text = JSON.stringify(relation(session.range(1).select(nested)), (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    expect(new Set(text.match(/x_\d+/g))).toEqual(new Set(['x_0', 'x_1']));
  });

  it('leave DataFrames unchanged by verbs', () => {
    const base = session.range(10);
    const before = bytes(base);
    base.filter('id > 3').limit(1);
    expect(bytes(base)).toBe(before);
  });

  it('split at random into parts that cover everything and share their seed', () => {
    const bounds = session
      .range(10)
      .randomSplit([3, 1], 7)
      .map((part) => {
        const { relType } = relation(part);
        if (relType.case !== 'sample') throw new Error('not a sample');
        const { lowerBound, upperBound, seed, deterministicOrder } = relType.value;
        return [lowerBound, upperBound, seed, deterministicOrder];
      });
    expect(bounds).toEqual([
      [0, 0.75, 7n, true],
      [0.75, 1, 7n, true],
    ]);
  });
});

describe('literals', () => {
  it.each([
    [1, 'integer'],
    [2 ** 31, 'long'],
    [-0, 'double'],
    [1.5, 'double'],
    [1n, 'long'],
    ['1', 'string'],
    [null, 'null'],
    [true, 'boolean'],
    [new Uint8Array(), 'binary'],
    [new Date(0), 'timestamp'],
  ] as const)('%s is of type %s', (value, kind) => {
    const { relType } = relation(session.range(1).select(lit(value)));
    const exprType = relType.case === 'project' ? relType.value.expressions[0]?.exprType : undefined;
    expect(exprType?.case === 'literal' && exprType.value.literalType.case).toBe(kind);
  });

  it('refuse what SQL has no value for', () => {
    expect(() => lit(Symbol('x') as unknown as string)).toThrow(TypeError);
    expect(() => lit({} as unknown as string)).toThrow('Not a value that can stand in an expression');
  });
});
