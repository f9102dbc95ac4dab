import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import {
  col,
  type DataFrame,
  expr,
  functions as F,
  lit,
  SparkSession as Sessions,
  type SparkSession,
  StorageLevel,
  types,
  Window,
} from '../src/index.js';
import { remote } from './support/spark.js';

let spark: SparkSession;
let people: DataFrame;

beforeAll(async () => {
  spark = await Sessions.builder()
    .remote(remote())
    .config({ 'spark.sql.session.timeZone': 'UTC', 'spark.sql.shuffle.partitions': 2 })
    .getOrCreate();
  people = await spark.createDataFrame(
    [
      { name: 'Ann', team: 'a', age: 31, pay: 10.5 },
      { name: 'Ben', team: 'b', age: 44, pay: 7 },
      { name: 'Cid', team: 'a', age: 25, pay: null },
      { name: 'Dee', team: null, age: 52, pay: 3.25 },
    ],
    'name STRING, team STRING, age INT, pay DOUBLE',
  );
  return () => spark.stop();
});

const rowsOf = async (dataFrame: DataFrame) => (await dataFrame.collect()).map((row) => [...row]);
const names = async (dataFrame: DataFrame) => (await dataFrame.collect()).map((row) => row.get('name'));

describe('columns', () => {
  it('are selected, computed, renamed and dropped', async () => {
    const result = people
      .select('name', col('age').plus(1).alias('next'), expr('upper(team) AS team'))
      .withColumn('old', col('next').gt(40))
      .withColumnRenamed('next', 'age')
      .drop('team', 'no such column');
    expect(await result.columns()).toEqual(['name', 'age', 'old']);
    expect(await rowsOf(result.limit(2))).toEqual([
      ['Ann', 32, false],
      ['Ben', 45, true],
    ]);
    expect(await people.select('*', lit(1)).columns()).toHaveLength(5);
    expect(await people.selectExpr('age * 2 AS twice').first()).toMatchObject({ values: [62] });
    expect(await people.toDF('a', 'b', 'c', 'd').columns()).toEqual(['a', 'b', 'c', 'd']);
    expect(await people.select(people.colRegex('`.*a.*`')).columns()).toEqual(['name', 'team', 'age', 'pay']);
    const longAge = types.struct([types.field('age', types.long)]);
    expect(await rowsOf(people.to(longAge).limit(1))).toEqual([[31n]]);
  });

  it('have operators', async () => {
    const age = col('age');
    const one = people.filter(col('name').eq('Ann'));
    const cases: [Parameters<typeof one.select>[0], unknown][] = [
      [age.minus(1).multiply(2).divide(3), 20],
      [age.mod(4), 3],
      [age.negate(), -31],
      [age.pow(2), 961],
      [age.ne(31), false],
      [age.between(30, 31), true],
      [age.isin(1, 31), true],
      [age.isin([1, 2]), false],
      [col('pay').isNull().or(age.lt(30)).not(), true],
      [lit(null).eqNullSafe(null), true],
      [col('name').like('A%'), true],
      [col('name').ilike('a_n'), true],
      [col('name').rlike('^A.n$'), true],
      [col('name').contains('nn').and(col('name').startsWith('A')).and(col('name').endsWith('n')), true],
      [col('name').substr(2, 1), 'n'],
      [age.cast('string'), '31'],
      [age.cast(types.decimal(4, 1)).cast('string'), '31.0'],
      [col('name').tryCast('int'), null],
      [F.when(age.lt(30), 'young').when(age.lt(50), 'middle').otherwise('old'), 'middle'],
      [F.when(age.lt(30), 'young'), null],
      [F.struct('name', 'age').getField('age'), 31],
      [F.struct('name', 'age').withField('x', lit(1)).dropFields('name').cast('string'), '{31, 1}'],
      [lit([1, 2, 3]).getItem(1), 2],
      [age.bitwiseAnd(3).bitwiseOr(8).bitwiseXor(1), 10],
    ];
    const [row] = await one.select(cases.map(([column]) => column as ReturnType<typeof lit>)).collect();
    expect(row?.values).toEqual(cases.map(([, expected]) => expected));
  });
});

describe('rows', () => {
  it('are filtered, sorted, cut and made distinct', async () => {
    expect(await names(people.where('age > 30').orderBy('name'))).toEqual(['Ann', 'Ben', 'Dee']);
    expect(await names(people.orderBy(F.desc('age')))).toEqual(['Dee', 'Ben', 'Ann', 'Cid']);
    expect(await names(people.orderBy('team', 'name'))).toEqual(['Dee', 'Ann', 'Cid', 'Ben']);
    expect(await names(people.orderBy(col('team').descNullsFirst(), F.desc('name')))).toEqual([
      'Dee',
      'Ben',
      'Cid',
      'Ann',
    ]);
    expect(await names(people.orderBy(col('team').ascNullsLast(), 'name'))).toEqual([
      'Ann',
      'Cid',
      'Ben',
      'Dee',
    ]);
    expect(await names(people.orderBy('name').offset(1).limit(2))).toEqual(['Ben', 'Cid']);
    expect(await people.select('team').distinct().count()).toBe(3);
    expect(await people.dropDuplicates(['team']).count()).toBe(3);
    expect((await people.orderBy('name').tail(1))[0]?.get('name')).toBe('Dee');
    expect(await people.filter('age > 100').first()).toBeUndefined();
  });

  it('are combined as sets', async () => {
    const low = spark.range(0, 3);
    const high = spark.range(2, 5);
    const ids = async (dataFrame: DataFrame) => (await rowsOf(dataFrame.orderBy('id'))).flat().map(Number);
    expect(await ids(low.union(high))).toEqual([0, 1, 2, 2, 3, 4]);
    expect(await ids(low.intersect(high))).toEqual([2]);
    expect(await ids(low.subtract(high))).toEqual([0, 1]);
    expect(await ids(low.union(low).exceptAll(low))).toEqual([0, 1, 2]);
    expect(await ids(low.union(low).intersectAll(low.union(low)))).toEqual([0, 0, 1, 1, 2, 2]);
    const other = spark.range(9, 10).select(lit('x').alias('extra'), 'id');
    const byName = low.limit(1).unionByName(other, { allowMissingColumns: true });
    expect(await rowsOf(byName.orderBy('id'))).toEqual([
      [0n, null],
      [9n, 'x'],
    ]);
  });

  it('are joined in every way', async () => {
    const teams = await spark.createDataFrame(
      [
        ['a', 'Alpha'],
        ['c', 'Gamma'],
      ],
      'team STRING, title STRING',
    );
    const joined = async (how: Parameters<DataFrame['join']>[2]) =>
      people.join(teams, 'team', how).orderBy(col('name').ascNullsLast());
    expect(await names(await joined('inner'))).toEqual(['Ann', 'Cid']);
    expect(await (await joined('inner')).columns()).toEqual(['team', 'name', 'age', 'pay', 'title']);
    expect(await names(await joined('left'))).toEqual(['Ann', 'Ben', 'Cid', 'Dee']);
    expect(await names(await joined('right'))).toEqual(['Ann', 'Cid', null]);
    expect(await names(await joined('outer'))).toEqual(['Ann', 'Ben', 'Cid', 'Dee', null]);
    expect(await names(await joined('semi'))).toEqual(['Ann', 'Cid']);
    expect(await names(await joined('anti'))).toEqual(['Ben', 'Dee']);
    expect(await people.crossJoin(teams).count()).toBe(8);
    const aliased = people
      .alias('p')
      .join(teams.alias('t').hint('broadcast'), col('p.team').eq(col('t.team')));
    expect(await rowsOf(aliased.select('p.name', 't.title').orderBy('name'))).toEqual([
      ['Ann', 'Alpha'],
      ['Cid', 'Alpha'],
    ]);
  });

  it('are sampled and split by seed', async () => {
    const numbers = spark.range(0, 2000, 1, 4);
    const sample = numbers.sample(0.25, { seed: 3 });
    const ids = (await rowsOf(sample)).flat();
    expect(ids.length).toBeGreaterThan(400);
    expect(ids.length).toBeLessThan(600);
    expect((await rowsOf(sample)).flat()).toEqual(ids);
    const parts = await Promise.all(
      numbers.randomSplit([0.7, 0.2, 0.1], 42).map(async (part) => (await rowsOf(part)).flat()),
    );
    expect(
      parts
        .flat()
        .map(Number)
        .sort((a, b) => a - b),
    ).toEqual(Array.from({ length: 2000 }, (_, id) => id));
    expect(parts[0]?.length).toBeGreaterThan(1300);
  });

  it('are repartitioned', async () => {
    const spread = spark.range(0, 100, 1, 1);
    const partitions = (dataFrame: DataFrame) => dataFrame.select(F.sparkPartitionId()).distinct().count();
    expect(await partitions(spread.repartition(4))).toBe(4);
    expect(await partitions(spread.repartition(3, 'id'))).toBe(3);
    expect(await partitions(spread.repartitionByRange(2, F.desc('id')))).toBe(2);
    expect(await partitions(spread.repartition(4).coalesce(2))).toBe(2);
    const sorted = spread.repartition(1).sortWithinPartitions(F.desc('id'));
    expect((await sorted.first())?.values).toEqual([99n]);
  });
});

describe('groups', () => {
  it('are aggregated', async () => {
    const result = people
      .groupBy('team')
      .agg(F.count().alias('n'), F.avg('age').alias('age'), F.max('name').alias('last'))
      .orderBy('team');
    expect(await rowsOf(result)).toEqual([
      [null, 1n, 52, 'Dee'],
      ['a', 2n, 28, 'Cid'],
      ['b', 1n, 44, 'Ben'],
    ]);
    expect(await rowsOf(people.agg(F.sum('age'), F.min('pay')))).toEqual([[152n, 3.25]]);
    expect(await rowsOf(people.groupBy().sum('age'))).toEqual([[152n]]);
    expect(await rowsOf(people.groupBy('team').count().orderBy('team').limit(1))).toEqual([[null, 1n]]);
    expect(await people.rollup('team', 'name').count().count()).toBe(8);
    expect(await people.cube('team', 'name').count().count()).toBe(12);
  });

  it('are pivoted', async () => {
    const known = people.groupBy().pivot('team', ['a', 'b']).sum('age');
    expect(await known.columns()).toEqual(['a', 'b']);
    expect(await rowsOf(known)).toEqual([[56n, 44n]]);
    const found = people.filter('team IS NOT NULL').groupBy('name').pivot('team').max('age').orderBy('name');
    expect(await rowsOf(found)).toEqual([
      ['Ann', 31, null],
      ['Ben', null, 44],
      ['Cid', 25, null],
    ]);
    const back = known.unpivot([], ['a', 'b'], 'team', 'age').orderBy('team');
    expect(await rowsOf(back)).toEqual([
      ['a', 56n],
      ['b', 44n],
    ]);
  });

  it('have windows', async () => {
    const byTeam = Window.partitionBy('team').orderBy(F.desc('age'));
    const running = Window.orderBy('age').rowsBetween(Window.unboundedPreceding, Window.currentRow);
    const near = Window.orderBy('age').rangeBetween(-10, 10);
    const result = people
      .select(
        'name',
        F.rank().over(byTeam),
        F.sum('age').over(running),
        F.count().over(near),
        F.lag('name', 1, '-').over(Window.orderBy('age')),
      )
      .orderBy('name');
    expect(await rowsOf(result)).toEqual([
      ['Ann', 1, 56n, 2n, 'Cid'],
      ['Ben', 1, 100n, 2n, 'Ann'],
      ['Cid', 2, 25n, 2n, '-'],
      ['Dee', 1, 152n, 2n, 'Ben'],
    ]);
  });
});

describe('statistics and missing values', () => {
  it('fill, drop and replace', async () => {
    expect(await rowsOf(people.fillna(0).select('pay').filter('pay = 0'))).toEqual([[0]]);
    expect(await rowsOf(people.fillna('none', ['team']).select('team').filter("team = 'none'"))).toEqual([
      ['none'],
    ]);
    expect(await names(people.fillna({ pay: -1, team: '?' }).filter("pay = -1 OR team = '?'"))).toEqual([
      'Cid',
      'Dee',
    ]);
    expect(await names(people.dropna())).toEqual(['Ann', 'Ben']);
    expect(await names(people.dropna({ columns: ['pay'] }))).toEqual(['Ann', 'Ben', 'Dee']);
    expect(await people.dropna({ how: 'all' }).count()).toBe(4);
    expect(await people.dropna({ atLeast: 4 }).count()).toBe(2);
    const replaced = people.na.replace([['a', 'z']], ['team']);
    expect(await rowsOf(replaced.select('team').distinct().orderBy('team'))).toEqual([[null], ['b'], ['z']]);
  });

  it('summarise', async () => {
    const described = await rowsOf(people.describe('age'));
    expect(described[0]).toEqual(['count', '4']);
    expect(described[1]).toEqual(['mean', '38.0']);
    expect(await rowsOf(people.summary('min', 'max').select('summary', 'age'))).toEqual([
      ['min', '25'],
      ['max', '52'],
    ]);
    expect(await people.stat.approxQuantile(['age'], [0, 0.5, 1], 0)).toEqual([[25, 31, 52]]);
    expect(await people.stat.corr('age', 'age')).toBeCloseTo(1);
    expect(await people.stat.cov('age', 'age')).toBeCloseTo(150);
    expect(await people.stat.crosstab('team', 'name').count()).toBe(3);
    expect(await people.stat.freqItems(['team'], 0.5).count()).toBe(1);
    expect(await people.stat.sampleBy('team', [['a', 1]], 1).count()).toBe(2);
  });
});

describe('plans and caches', () => {
  it('explain, show and describe themselves', async () => {
    expect(await people.filter('age > 3').explain('formatted')).toContain('== Physical Plan ==');
    expect(await people.treeString()).toContain(' |-- age: integer (nullable = true)');
    expect(await people.select('name').showString(1)).toBe(
      '+----+\n|name|\n+----+\n| Ann|\n+----+\nonly showing top 1 row',
    );
  });

  it('persist and forget', async () => {
    const cached = spark.range(10).withColumn('x', F.rand());
    await cached.persist(StorageLevel.memoryOnly);
    expect(await cached.storageLevel()).toEqual(StorageLevel.memoryOnly);
    expect(await rowsOf(cached)).toEqual(await rowsOf(cached));
    await cached.unpersist({ blocking: true });
    expect(await cached.storageLevel()).toEqual(StorageLevel.none);
  });

  it('cut a plan by a local checkpoint', async () => {
    const cut = await spark.range(5).withColumn('x', F.rand()).checkpoint({ local: true });
    expect(await rowsOf(cut)).toEqual(await rowsOf(cut));
    expect(await cut.filter('id < 2').count()).toBe(2);
  });
});

describe('files and tables', () => {
  const folder = () => {
    const created = mkdtempSync(path.join(tmpdir(), 'spark-connect-js-'));
    onTestFinished(() => rmSync(created, { recursive: true }));
    return created;
  };

  it('write and read every format', async () => {
    const where = folder();
    for (const format of ['parquet', 'orc', 'json', 'csv'] as const) {
      const file = path.join(where, format);
      await people.write.option('header', true).mode('overwrite')[format](file);
      const schema = 'name STRING, team STRING, age INT, pay DOUBLE';
      const read = spark.read.option('header', true).schema(schema)[format](file);
      expect(await rowsOf(read.orderBy('name')), format).toEqual(await rowsOf(people.orderBy('name')));
    }
    await people.select('name').write.text(path.join(where, 'text'));
    expect(await spark.read.text(path.join(where, 'text')).count()).toBe(4);
  });

  it('partition, append, overwrite and refuse', async () => {
    const file = path.join(folder(), 'people');
    await people.write.partitionBy('team').parquet(file);
    expect(readdirSync(file).filter((name) => name.startsWith('team='))).toHaveLength(3);
    await expect(people.write.parquet(file)).rejects.toMatchObject({ errorClass: 'PATH_ALREADY_EXISTS' });
    await people.write.mode('ignore').parquet(file);
    expect(await spark.read.parquet(file).count()).toBe(4);
    await people.write.mode('append').partitionBy('team').format('parquet').save(file);
    expect(await spark.read.parquet(file).filter("team = 'a'").count()).toBe(4);
    expect((await spark.read.parquet(file).inputFiles()).length).toBeGreaterThan(2);
    await people.limit(1).write.mode('overwrite').parquet(file);
    expect(await spark.read.load(file).count()).toBe(1);
  });

  it('save tables and views', async () => {
    const table = `people_${Date.now()}`;
    const location = path.join(folder(), 'table');
    await people.write.option('path', location).bucketBy(2, 'name').sortBy('name').saveAsTable(table);
    try {
      expect(existsSync(location)).toBe(true);
      await people.write.insertInto(table);
      expect(await spark.table(table).count()).toBe(8);
      await people.limit(1).createOrReplaceTempView('one_person');
      expect(await spark.table('one_person').count()).toBe(1);
      await expect(people.createTempView('one_person')).rejects.toMatchObject({
        errorClass: 'TEMP_TABLE_OR_VIEW_ALREADY_EXISTS',
      });
    } finally {
      await spark.sql(`DROP TABLE ${table}`);
    }
  });
});
