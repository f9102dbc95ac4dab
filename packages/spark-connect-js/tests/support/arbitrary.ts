import fc from 'fast-check';
import {
  CalendarInterval,
  type DataType,
  DayTimeInterval,
  Decimal,
  LocalDate,
  LocalDateTime,
  LocalTime,
  Row,
  type StructType,
  Timestamp,
  types,
  type Value,
  YearMonthInterval,
} from '../../src/index.js';

// The same examples in every run.
fc.configureGlobal({ seed: 4_300 });

const name = fc.constantFrom('a', 'b', 'c', 'with space', 'ünï');

const decimalType = fc
  .integer({ min: 1, max: 38 })
  .chain((precision) =>
    fc.integer({ min: 0, max: precision }).map((scale) => types.decimal(precision, scale)),
  );

const atom: fc.Arbitrary<DataType> = fc.oneof(
  fc.constantFrom<DataType>(
    types.null,
    types.boolean,
    types.byte,
    types.short,
    types.integer,
    types.long,
    types.float,
    types.double,
    types.string,
    types.binary,
    types.date,
    types.timestamp,
    types.timestampNtz,
    types.time(6),
    types.yearMonthInterval(),
    types.dayTimeInterval(),
    types.calendarInterval,
  ),
  decimalType,
);

const fieldsOf = (type: fc.Arbitrary<DataType>) =>
  fc.uniqueArray(fc.tuple(name, type, fc.boolean()), {
    minLength: 1,
    maxLength: 3,
    selector: ([key]) => key,
  });

const structOf = (type: fc.Arbitrary<DataType>): fc.Arbitrary<StructType> =>
  fieldsOf(type).map((fields) =>
    // A column of VOID holds nulls only.
    types.struct(
      fields.map(([key, inner, nullable]) => types.field(key, inner, nullable || inner.kind === 'null')),
    ),
  );

/** Any type that local data can have, up to three levels deep. */
export const anyType: fc.Arbitrary<DataType> = fc.letrec<{ type: DataType }>((tie) => ({
  type: fc.oneof(
    { depthSize: 'small', maxDepth: 3, withCrossShrink: true },
    atom,
    fc
      .tuple(tie('type'), fc.boolean())
      .map(([inner, nulls]) => types.array(inner, nulls || inner.kind === 'null')),
    fc
      .tuple(
        fc.constantFrom<DataType>(types.string, types.integer, types.long, types.date),
        tie('type'),
        fc.boolean(),
      )
      .map(([key, value, nulls]) => types.map(key, value, nulls || value.kind === 'null')),
    structOf(tie('type')),
  ),
})).type;

/** The schema of a table with at least one column. */
export const anySchema = structOf(anyType);

const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
// Spark's dates go from year 1 to 9999, and so do its timestamps.
const epochDay = fc.integer({ min: -719_162, max: 2_932_896 });
const micros = fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n });

/** Values of a type as results have them. */
export function anyValueOf(type: DataType, nullable: boolean): fc.Arbitrary<Value> {
  const value = anyPresentValueOf(type);
  return nullable && type.kind !== 'null' ? fc.option(value, { nil: null, freq: 4 }) : value;
}

function anyPresentValueOf(type: DataType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case 'boolean':
      return fc.boolean();
    case 'byte':
      return fc.integer({ min: -128, max: 127 });
    case 'short':
      return fc.integer({ min: -32_768, max: 32_767 });
    case 'integer':
      return fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    case 'long':
      return long;
    case 'float':
      return fc.float();
    case 'double':
      return fc.double();
    case 'string':
      return fc.string({ unit: 'grapheme' });
    case 'binary':
      return fc.uint8Array();
    case 'decimal': {
      const limit = 10n ** BigInt(type.precision) - 1n;
      return fc.bigInt({ min: -limit, max: limit }).map((unscaled) => Decimal.of(unscaled, type.scale));
    }
    case 'date':
      return epochDay.map((day) => new LocalDate(day));
    case 'timestamp':
      return micros.map((value) => new Timestamp(value));
    case 'timestampNtz':
      return micros.map((value) => new LocalDateTime(value));
    case 'time':
      return fc.bigInt({ min: 0n, max: 86_399_999_999n }).map((value) => new LocalTime(value * 1000n));
    case 'yearMonthInterval':
      return fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map((months) => new YearMonthInterval(months));
    case 'dayTimeInterval':
      return long.map((value) => new DayTimeInterval(value));
    case 'calendarInterval':
      return fc
        .tuple(
          fc.integer({ min: -1e6, max: 1e6 }),
          fc.integer({ min: -1e6, max: 1e6 }),
          fc.bigInt(-(2n ** 52n), 2n ** 52n),
        )
        .map(([months, days, value]) => new CalendarInterval(months, days, value));
    case 'array':
      return fc.array(anyValueOf(type.elementType, type.containsNull), { maxLength: 4 });
    case 'map':
      return fc
        .uniqueArray(
          fc.tuple(anyPresentValueOf(type.keyType), anyValueOf(type.valueType, type.valueContainsNull)),
          {
            maxLength: 3,
            selector: ([key]) => String(key),
          },
        )
        .map((entries) => new Map(entries));
    case 'struct':
      return anyRowOf(type);
    default:
      return fc.constant(null);
  }
}

/** Rows of a schema as results have them. */
export function anyRowOf(schema: StructType): fc.Arbitrary<Row> {
  return fc
    .tuple(...schema.fields.map((field) => anyValueOf(field.dataType, field.nullable)))
    .map((values) => new Row(schema, values));
}
