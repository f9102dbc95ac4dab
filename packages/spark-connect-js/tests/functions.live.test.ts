import { expect, it } from 'vitest';
import { type Column, Decimal, functions as F, LocalDate, lit, Timestamp, Window } from '../src/index.js';
import { openSession } from './support/spark.js';

const { col } = F;
const noon = Timestamp.parse('2026-03-04T12:34:56.789012Z');
const day = LocalDate.parse('2026-03-04');
const md5OfAbc = '900150983cd24fb0d6963f7d28e17f72';
const anything = expect.anything();

/** Every wrapper with a call of it over one row, and what Spark must answer. */
const scalars: Partial<Record<keyof typeof F, [Column, unknown]>> = {
  // math
  abs: [F.abs('neg'), 3],
  acos: [F.acos('one'), 0],
  acosh: [F.acosh('one'), 0],
  asin: [F.asin(lit(0)), 0],
  asinh: [F.asinh(lit(0)), 0],
  atan: [F.atan(lit(0)), 0],
  atan2: [F.atan2(lit(0), 'one'), 0],
  atanh: [F.atanh(lit(0)), 0],
  bin: [F.bin('five'), '101'],
  bitCount: [F.bitCount('five'), 2],
  bitwiseNot: [F.bitwiseNot('five'), -6],
  cbrt: [F.cbrt(lit(8)), 2],
  cos: [F.cos(lit(0)), 1],
  cosh: [F.cosh(lit(0)), 1],
  cot: [F.cot('one'), 1 / Math.tan(1)],
  csc: [F.csc('one'), 1 / Math.sin(1)],
  degrees: [F.degrees(F.pi()), 180],
  e: [F.e(), Math.E],
  exp: [F.exp(lit(0)), 1],
  expm1: [F.expm1(lit(0)), 0],
  factorial: [F.factorial('five'), 120n],
  hex: [F.hex(lit(255)), 'FF'],
  hypot: [F.hypot(lit(3), lit(4)), 5],
  ln: [F.ln('one'), 0],
  log10: [F.log10(lit(100)), 2],
  log1p: [F.log1p(lit(0)), 0],
  log2: [F.log2(lit(8)), 3],
  negative: [F.negative('five'), -5],
  pi: [F.pi(), Math.PI],
  pmod: [F.pmod('neg', lit(5)), 2],
  pow: [F.pow('five', 2), 25],
  radians: [F.radians(lit(180)), Math.PI],
  rint: [F.rint(lit(2.5)), 2],
  sec: [F.sec(lit(0)), 1],
  signum: [F.signum('neg'), -1],
  sin: [F.sin(lit(0)), 0],
  sinh: [F.sinh(lit(0)), 0],
  sqrt: [F.sqrt(lit(9)), 3],
  tan: [F.tan(lit(0)), 0],
  tanh: [F.tanh(lit(0)), 0],
  tryAdd: [F.tryAdd(lit(2 ** 31 - 1), 'one'), null],
  tryDivide: [F.tryDivide('one', lit(0)), null],
  tryMultiply: [F.tryMultiply('five', 'five'), 25],
  trySubtract: [F.trySubtract('five', 'one'), 4],
  unhex: [F.unhex(lit('FF')), new Uint8Array([255])],
  round: [F.round(lit(2.345), 2), 2.35],
  bround: [F.bround(lit(2.5)), 2],
  ceil: [F.ceil(lit(1.2)), 2n],
  floor: [F.floor(lit(1.27), 1), Decimal.from('1.2')],
  log: [F.log(lit(9), 3), expect.closeTo(2)],
  conv: [F.conv(lit('ff'), 16, 10), '255'],
  shiftLeft: [F.shiftLeft('five', 1), 10],
  shiftRight: [F.shiftRight('five', 1), 2],
  widthBucket: [F.widthBucket(lit(5.3), 0.2, 10.6, 5), 3n],
  rand: [F.rand(1).between(0, 1), true],
  randn: [F.randn(1).isNotNull(), true],
  // strings
  ascii: [F.ascii('abc'), 97],
  base64: [F.base64('abc'), 'YWJj'],
  bitLength: [F.bitLength('abc'), 24],
  btrim: [F.btrim(lit(' x ')), 'x'],
  charLength: [F.charLength('abc'), 3],
  chr: [F.chr(lit(65)), 'A'],
  concat: [F.concat('abc', lit('!')), 'abc!'],
  initcap: [F.initcap(lit('one two')), 'One Two'],
  length: [F.length('abc'), 3],
  levenshtein: [F.levenshtein('abc', lit('abd')), 1],
  lower: [F.lower(lit('ABC')), 'abc'],
  ltrim: [F.ltrim(lit(' x ')), 'x '],
  octetLength: [F.octetLength(lit('ü')), 2],
  reverse: [F.reverse('abc'), 'cba'],
  rtrim: [F.rtrim(lit(' x ')), ' x'],
  soundex: [F.soundex(lit('Miller')), 'M460'],
  trim: [F.trim(lit(' x ')), 'x'],
  unbase64: [F.unbase64(lit('YWJj')).cast('string'), 'abc'],
  upper: [F.upper('abc'), 'ABC'],
  urlDecode: [F.urlDecode(lit('a%20b')), 'a b'],
  urlEncode: [F.urlEncode(lit('a b')), 'a+b'],
  contains: [F.contains('abc', lit('b')), true],
  startswith: [F.startswith('abc', lit('b')), false],
  endswith: [F.endswith('abc', lit('c')), true],
  concatWs: [F.concatWs('-', 'abc', 'nothing', 'abc'), 'abc-abc'],
  decode: [F.decode(F.encode('abc', 'UTF-8'), 'UTF-8'), 'abc'],
  encode: [F.encode('abc', 'UTF-8'), new Uint8Array([97, 98, 99])],
  formatNumber: [F.formatNumber(lit(1234.567), 1), '1,234.6'],
  formatString: [F.formatString('%s=%d', 'abc', 'five'), 'abc=5'],
  instr: [F.instr('abc', 'c'), 3],
  locate: [F.locate('c', 'abc'), 3],
  left: [F.left('abc', 2), 'ab'],
  right: [F.right('abc', 2), 'bc'],
  lpad: [F.lpad('abc', 5, '*'), '**abc'],
  rpad: [F.rpad('abc', 5, '*'), 'abc**'],
  repeat: [F.repeat('abc', 2), 'abcabc'],
  replace: [F.replace('abc', 'b', 'x'), 'axc'],
  split: [F.split('abc', 'b'), ['a', 'c']],
  splitPart: [F.splitPart('abc', 'b', 2), 'c'],
  substring: [F.substring('abc', 2, 2), 'bc'],
  substringIndex: [F.substringIndex(lit('a.b.c'), '.', 2), 'a.b'],
  translate: [F.translate('abc', 'ac', 'xz'), 'xbz'],
  toNumber: [F.toNumber(lit('12.5'), '99.9'), Decimal.from('12.5')],
  toChar: [F.toChar('five', '99'), ' 5'],
  regexpCount: [F.regexpCount('abc', '[ac]'), 2],
  regexpExtract: [F.regexpExtract('abc', 'a(.)c'), 'b'],
  regexpExtractAll: [F.regexpExtractAll('abc', '([ac])'), ['a', 'c']],
  regexpLike: [F.regexpLike('abc', '^a'), true],
  regexpReplace: [F.regexpReplace('abc', '[ac]', ''), 'b'],
  // dates and times
  currentDate: [F.currentDate(), anything],
  currentTimestamp: [F.currentTimestamp(), anything],
  currentTimezone: [F.currentTimezone(), 'UTC'],
  now: [F.now(), anything],
  year: [F.year('noon'), 2026],
  quarter: [F.quarter('noon'), 1],
  month: [F.month('noon'), 3],
  day: [F.day('noon'), 4],
  dayOfMonth: [F.dayOfMonth('noon'), 4],
  dayOfWeek: [F.dayOfWeek('noon'), 4],
  dayOfYear: [F.dayOfYear('noon'), 63],
  dayname: [F.dayname('day'), 'Wed'],
  monthname: [F.monthname('day'), 'Mar'],
  weekday: [F.weekday('noon'), 2],
  weekOfYear: [F.weekOfYear('noon'), 10],
  hour: [F.hour('noon'), 12],
  minute: [F.minute('noon'), 34],
  second: [F.second('noon'), 56],
  lastDay: [F.lastDay('day'), LocalDate.parse('2026-03-31')],
  datediff: [F.datediff(F.lastDay('day'), 'day'), 27],
  dateAdd: [F.dateAdd('day', 28), LocalDate.parse('2026-04-01')],
  dateSub: [F.dateSub('day', 4), LocalDate.parse('2026-02-28')],
  addMonths: [F.addMonths('day', -1), LocalDate.parse('2026-02-04')],
  monthsBetween: [F.monthsBetween('day', F.addMonths('day', -2)), 2],
  nextDay: [F.nextDay('day', 'Mon'), LocalDate.parse('2026-03-09')],
  makeDate: [F.makeDate(lit(2024), lit(2), lit(29)), LocalDate.parse('2024-02-29')],
  trunc: [F.trunc('day', 'month'), LocalDate.parse('2026-03-01')],
  dateTrunc: [F.dateTrunc('hour', 'noon'), Timestamp.parse('2026-03-04T12:00:00Z')],
  dateFormat: [F.dateFormat('noon', 'yyyy/MM'), '2026/03'],
  toDate: [F.toDate(lit('04.03.2026'), 'dd.MM.yyyy'), day],
  toTimestamp: [F.toTimestamp(lit('2026-03-04 00:00:00')), Timestamp.parse('2026-03-04T00:00:00Z')],
  toTimestampNtz: [F.toTimestampNtz(lit('2026-03-04 00:00:00')).cast('string'), '2026-03-04 00:00:00'],
  tryToTimestamp: [F.tryToTimestamp(lit('soon')), null],
  tryToDate: [F.tryToDate(lit('soon')), null],
  unixTimestamp: [F.unixTimestamp('noon'), 1_772_627_696n],
  fromUnixtime: [F.fromUnixtime(lit(0)), '1970-01-01 00:00:00'],
  unixDate: [F.unixDate(lit(new LocalDate(5))), 5],
  unixMicros: [F.unixMicros('noon'), noon.micros],
  unixMillis: [F.unixMillis('noon'), noon.micros / 1000n],
  unixSeconds: [F.unixSeconds('noon'), noon.micros / 1_000_000n],
  timestampSeconds: [F.timestampSeconds(lit(1)), new Timestamp(1_000_000n)],
  timestampMillis: [F.timestampMillis(lit(1)), new Timestamp(1000n)],
  timestampMicros: [F.timestampMicros(lit(1)), new Timestamp(1n)],
  fromUtcTimestamp: [F.hour(F.fromUtcTimestamp('noon', 'Asia/Tokyo')), 21],
  toUtcTimestamp: [F.hour(F.toUtcTimestamp('noon', 'Asia/Tokyo')), 3],
  datePart: [F.datePart('YEAR', 'noon'), 2026],
  makeDtInterval: [
    F.makeDtInterval(lit(1), lit(2), lit(3), lit(4)).cast('string'),
    "INTERVAL '1 02:03:04' DAY TO SECOND",
  ],
  window: [F.window('noon', '10 minutes').getField('start'), Timestamp.parse('2026-03-04T12:30:00Z')],
  // collections
  array: [F.array('one', 'five'), [1, 5]],
  createMap: [F.createMap(lit('k'), 'one'), new Map([['k', 1]])],
  struct: [F.struct('one', 'abc').cast('string'), '{1, abc}'],
  arrayCompact: [F.arrayCompact(lit([1, null])), [1]],
  arrayDistinct: [F.arrayDistinct(lit([1, 1])), [1]],
  arrayExcept: [F.arrayExcept('list', lit([1])), [3, 2]],
  arrayIntersect: [F.arrayIntersect('list', lit([1])), [1]],
  arrayMax: [F.arrayMax('list'), 3],
  arrayMin: [F.arrayMin('list'), 1],
  arraySize: [F.arraySize('list'), 3],
  arrayUnion: [F.arrayUnion('list', lit([4])), [3, 1, 2, 4]],
  arraysOverlap: [F.arraysOverlap('list', lit([9])), false],
  arraysZip: [F.size(F.arraysZip('list', 'list')), 3],
  flatten: [F.flatten(F.array('list', 'list')), [3, 1, 2, 3, 1, 2]],
  size: [F.size('list'), 3],
  shuffle: [F.size(F.shuffle('list')), 3],
  arrayAppend: [F.arrayAppend('list', 9), [3, 1, 2, 9]],
  arrayContains: [F.arrayContains('list', 2), true],
  arrayJoin: [F.arrayJoin(lit(['a', null]), '-', '?'), 'a-?'],
  arrayPosition: [F.arrayPosition('list', 1), 2n],
  arrayPrepend: [F.arrayPrepend('list', 9), [9, 3, 1, 2]],
  arrayRemove: [F.arrayRemove('list', 1), [3, 2]],
  arrayRepeat: [F.arrayRepeat('abc', 2), ['abc', 'abc']],
  slice: [F.slice('list', 2, 2), [1, 2]],
  sortArray: [F.sortArray('list', false), [3, 2, 1]],
  sequence: [F.sequence('one', 'five', lit(2)), [1, 3, 5]],
  elementAt: [F.elementAt('list', -1), 2],
  tryElementAt: [F.tryElementAt('list', 9), null],
  get: [F.get('list', 0), 3],
  mapConcat: [F.size(F.mapConcat('map', F.createMap(lit('z'), lit(9)))), 3],
  mapContainsKey: [F.mapContainsKey('map', 'a'), true],
  mapEntries: [F.size(F.mapEntries('map')), 2],
  mapFromArrays: [F.mapFromArrays(lit(['a']), lit([1])), new Map([['a', 1]])],
  mapFromEntries: [
    F.mapFromEntries(F.mapEntries('map')),
    new Map([
      ['a', 1],
      ['b', 2],
    ]),
  ],
  mapKeys: [F.mapKeys('map'), ['a', 'b']],
  mapValues: [F.mapValues('map'), [1, 2]],
  transform: [F.transform('list', (x: Column, i: Column) => x.multiply(10).plus(i)), [30, 11, 22]],
  filter: [F.filter('list', (x: Column) => x.gt(1)), [3, 2]],
  exists: [F.exists('list', (x) => x.eq(2)), true],
  forall: [F.forall('list', (x) => x.eq(2)), false],
  aggregate: [
    F.aggregate(
      'list',
      0,
      (sum, x) => sum.plus(x),
      (sum) => sum.negate(),
    ),
    -6,
  ],
  zipWith: [F.zipWith('list', 'list', (x, y) => x.plus(y)), [6, 2, 4]],
  transformKeys: [F.mapKeys(F.transformKeys('map', (key) => F.upper(key))), ['A', 'B']],
  transformValues: [F.mapValues(F.transformValues('map', (_, value) => value.plus(1))), [2, 3]],
  mapFilter: [F.mapKeys(F.mapFilter('map', (_, value) => value.gt(1))), ['b']],
  fromJson: [F.fromJson(lit('{"a":7}'), 'a INT').getField('a'), 7],
  toJson: [F.toJson('map'), '{"a":1,"b":2}'],
  getJsonObject: [F.getJsonObject(lit('{"a":[7]}'), '$.a[0]'), '7'],
  parseJson: [F.parseJson(lit('[1]')).cast('array<int>'), [1]],
  tryParseJson: [F.tryParseJson(lit('[')), null],
  // conditions and the rest
  when: [F.when(col('five').gt(1), 'big'), 'big'],
  coalesce: [F.coalesce('nothing', 'abc'), 'abc'],
  greatest: [F.greatest('one', 'five'), 5],
  least: [F.least('one', 'five'), 1],
  ifnull: [F.ifnull('nothing', 'abc'), 'abc'],
  isnan: [F.isnan(lit(Number.NaN)), true],
  isnull: [F.isnull('nothing'), true],
  isnotnull: [F.isnotnull('nothing'), false],
  nanvl: [F.nanvl(lit(Number.NaN), lit(2.5)), 2.5],
  nullif: [F.nullif('one', 'one'), null],
  nvl: [F.nvl('nothing', 'abc'), 'abc'],
  equalNull: [F.equalNull('nothing', 'nothing'), true],
  nvl2: [F.nvl2('nothing', 'one', 'five'), 5],
  not: [F.not(lit(true)), false],
  inputFileName: [F.inputFileName(), ''],
  monotonicallyIncreasingId: [F.monotonicallyIncreasingId(), 0n],
  sparkPartitionId: [F.sparkPartitionId(), 0],
  currentCatalog: [F.currentCatalog(), 'spark_catalog'],
  currentDatabase: [F.currentDatabase(), 'default'],
  currentUser: [F.currentUser(), anything],
  version: [F.version(), expect.stringMatching(/^\d/)],
  typeOf: [F.typeOf('five'), 'int'],
  assertTrue: [F.assertTrue(lit(true), 'no'), null],
  crc32: [F.crc32('abc'), 891568578n],
  hash: [F.hash('abc'), 1322437556],
  md5: [F.md5('abc'), md5OfAbc],
  sha1: [F.sha1('abc'), 'a9993e364706816aba3e25717850c26c9cd0d89d'],
  sha2: [F.sha2('abc', 256), expect.stringMatching(/^ba7816bf/)],
  xxhash64: [F.xxhash64('abc'), anything],
};

const aggregates: Partial<Record<keyof typeof F, [Column, unknown]>> = {
  anyValue: [F.anyValue('k'), 'x'],
  avg: [F.avg('n'), 2.5],
  bitAnd: [F.bitAnd('n'), 0],
  bitOr: [F.bitOr('n'), 7],
  bitXor: [F.bitXor('n'), 4],
  boolAnd: [F.boolAnd(col('n').gt(1)), false],
  boolOr: [F.boolOr(col('n').gt(1)), true],
  collectList: [F.sortArray(F.collectList('n')), [1, 2, 3, 4]],
  collectSet: [F.collectSet('k'), ['x']],
  corr: [F.corr('n', 'n'), 1],
  count: [F.count(), 4n],
  countDistinct: [F.countDistinct('k', 'n'), 4n],
  countIf: [F.countIf(col('n').gt(1)), 3n],
  covarPop: [F.covarPop('n', 'n'), 1.25],
  covarSamp: [F.covarSamp('n', 'n'), 5 / 3],
  kurtosis: [F.kurtosis('n'), expect.closeTo(-1.36)],
  max: [F.max('n'), 4],
  maxBy: [F.maxBy('n', 'n'), 4],
  mean: [F.mean('n'), 2.5],
  median: [F.median('n'), 2.5],
  min: [F.min('n'), 1],
  minBy: [F.minBy('n', 'n'), 1],
  mode: [F.mode('k'), 'x'],
  product: [F.product('n'), 24],
  regrCount: [F.regrCount('n', 'n'), 4n],
  regrIntercept: [F.regrIntercept('n', 'n'), 0],
  regrR2: [F.regrR2('n', 'n'), 1],
  regrSlope: [F.regrSlope('n', 'n'), 1],
  skewness: [F.skewness('n'), 0],
  stddev: [F.stddev('n'), expect.closeTo(1.29099)],
  stddevPop: [F.stddevPop('n'), expect.closeTo(1.11803)],
  stddevSamp: [F.stddevSamp('n'), expect.closeTo(1.29099)],
  sum: [F.sum('n'), 10n],
  sumDistinct: [F.sumDistinct('n'), 10n],
  tryAvg: [F.tryAvg('n'), 2.5],
  trySum: [F.trySum('n'), 10n],
  variance: [F.variance('n'), 5 / 3],
  varPop: [F.varPop('n'), 1.25],
  varSamp: [F.varSamp('n'), 5 / 3],
  approxCountDistinct: [F.approxCountDistinct('n', 0.01), 4n],
  first: [F.first('k'), 'x'],
  last: [F.last('k', true), 'x'],
  percentile: [F.percentile('n', [0, 0.5]), [1, 2.5]],
  percentileApprox: [F.percentileApprox('n', 1), 4],
  listagg: [F.listagg('k', ','), 'x,x,x,x'],
  histogramNumeric: [F.size(F.histogramNumeric('n', 2)), 2],
};

const byN = Window.orderBy('n');
const windowed: Partial<Record<keyof typeof F, [Column, unknown]>> = {
  cumeDist: [F.cumeDist(), 0.5],
  denseRank: [F.denseRank(), 2],
  percentRank: [F.percentRank(), 1 / 3],
  rank: [F.rank(), 2],
  rowNumber: [F.rowNumber(), 2],
  ntile: [F.ntile(2), 1],
  lag: [F.lag('n'), 1],
  lead: [F.lead('n', 9, -1), -1],
  nthValue: [F.nthValue('n', 2), 2],
  firstValue: [F.firstValue('n'), 1],
  lastValue: [F.lastValue('n'), 2],
};

/** Tested elsewhere: names, sort orders, functions that make rows or need a grouping of their own. */
const elsewhere = [
  ...['callFunction', 'col', 'expr', 'lit', 'raiseError', 'sessionWindow', 'grouping', 'groupingId'],
  ...['asc', 'ascNullsFirst', 'ascNullsLast', 'desc', 'descNullsFirst', 'descNullsLast'],
  ...['explode', 'explodeOuter', 'posexplode', 'posexplodeOuter', 'inline', 'inlineOuter'],
];

it('covers every function', () => {
  const tested = [scalars, aggregates, windowed].flatMap((cases) => Object.keys(cases));
  expect([...tested, ...elsewhere].sort()).toEqual(Object.keys(F).sort());
});

const expectedOf = (cases: Partial<Record<string, [Column, unknown]>>) =>
  Object.fromEntries(Object.entries(cases).map(([name, entry]) => [name, close(entry?.[1])]));
const columnsOf = (cases: Partial<Record<string, [Column, unknown]>>) =>
  Object.entries(cases).flatMap(([name, entry]) => (entry ? [entry[0].alias(name)] : []));
const close = (value: unknown) =>
  typeof value === 'number' && !Number.isInteger(value) ? expect.closeTo(value, 9) : value;

it('scalar functions agree with Spark', async () => {
  const spark = await openSession();
  const input = spark
    .range(0, 1, 1, 1)
    .select(
      lit(1).alias('one'),
      lit(5).alias('five'),
      lit(-3).alias('neg'),
      lit('abc').alias('abc'),
      lit(null).cast('string').alias('nothing'),
      lit(noon).alias('noon'),
      lit(day).alias('day'),
      lit([3, 1, 2]).alias('list'),
      F.createMap(lit('a'), lit(1), lit('b'), lit(2)).alias('map'),
    );
  const [row] = await input.select(columnsOf(scalars)).collect();
  expect(row?.toObject()).toEqual(expectedOf(scalars));
});

it('aggregate functions agree with Spark', async () => {
  const spark = await openSession();
  const input = spark.range(1, 5, 1, 1).select(col('id').cast('int').alias('n'), lit('x').alias('k'));
  const [row] = await input.agg(...columnsOf(aggregates)).collect();
  expect(row?.toObject()).toEqual(expectedOf(aggregates));
  const [second] = await input
    .select(Object.entries(windowed).map(([name, [column]]) => column.over(byN).alias(name)))
    .offset(1)
    .collect();
  expect(second?.toObject()).toEqual(expectedOf(windowed));
  const totals = await input
    .cube('k', 'n')
    .agg(F.grouping('k').alias('g'), F.groupingId('k', 'n').alias('id'))
    .collect();
  expect(new Set(totals.map((row) => `${row.get('g')} ${row.get('id')}`))).toEqual(
    new Set(['0 0', '0 1', '1 2', '1 3']),
  );
});

it('functions that make rows', async () => {
  const spark = await openSession();
  const input = spark
    .range(0, 1, 1, 1)
    .select(lit([7, 8]).alias('list'), lit(null).cast('array<int>').alias('none'));
  const rows = async (...columns: Column[]) =>
    (await input.select(...columns).collect()).map((row) => [...row]);
  expect(await rows(F.explode('list'))).toEqual([[7], [8]]);
  expect(await rows(F.explode('none'))).toEqual([]);
  expect(await rows(F.explodeOuter('none'))).toEqual([[null]]);
  expect(await rows(F.posexplode('list'))).toEqual([
    [0, 7],
    [1, 8],
  ]);
  expect(await rows(F.posexplodeOuter('none').alias('at', 'item'))).toEqual([[null, null]]);
  expect(await rows(F.inline(F.arraysZip('list', 'list')))).toEqual([
    [7, 7],
    [8, 8],
  ]);
  expect(await rows(F.inlineOuter(F.arraysZip('none', 'none')))).toEqual([[null, null]]);
  const sessions = spark
    .range(0, 3, 1, 1)
    .select(F.timestampSeconds(col('id').multiply(100)).alias('at'))
    .groupBy(F.sessionWindow('at', '2 minutes'))
    .count();
  expect((await sessions.first())?.get('count')).toBe(3n);
});
