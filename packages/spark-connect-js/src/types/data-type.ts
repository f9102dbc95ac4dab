/** Spark SQL's data types, as plain immutable values told apart by `kind`. Make them with {@link types}. */
export type DataType =
  | { readonly kind: SimpleKind }
  | { readonly kind: 'string'; readonly collation?: string }
  | { readonly kind: 'char' | 'varchar'; readonly length: number }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'time'; readonly precision: number }
  | { readonly kind: 'yearMonthInterval'; readonly startField: number; readonly endField: number }
  | { readonly kind: 'dayTimeInterval'; readonly startField: number; readonly endField: number }
  | { readonly kind: 'array'; readonly elementType: DataType; readonly containsNull: boolean }
  | MapType
  | StructType
  | UserDefinedType;

/** Types without parameters. */
export type SimpleKind =
  | 'null'
  | 'boolean'
  | 'byte'
  | 'short'
  | 'integer'
  | 'long'
  | 'float'
  | 'double'
  | 'binary'
  | 'date'
  | 'timestamp'
  | 'timestampNtz'
  | 'calendarInterval'
  | 'variant';

export interface MapType {
  readonly kind: 'map';
  readonly keyType: DataType;
  readonly valueType: DataType;
  readonly valueContainsNull: boolean;
}

export interface StructField {
  readonly name: string;
  readonly dataType: DataType;
  readonly nullable: boolean;
  /** Free information about the column, as JSON values; Spark keeps it. */
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** A row of fields; the schema of every DataFrame is one. */
export interface StructType {
  readonly kind: 'struct';
  readonly fields: readonly StructField[];
}

/** A type that a library defined on the JVM, such as MLlib's vectors; stored and sent as `sqlType`. */
export interface UserDefinedType {
  readonly kind: 'udt';
  readonly jvmClass: string;
  readonly pythonClass: string | undefined;
  readonly sqlType: DataType;
}

const simple = <Kind extends SimpleKind>(kind: Kind): { readonly kind: Kind } => ({ kind });

/** Makes {@link DataType} values: `types.struct([types.field('id', types.long, false)])`. */
export const types = {
  null: simple('null'),
  boolean: simple('boolean'),
  byte: simple('byte'),
  short: simple('short'),
  integer: simple('integer'),
  long: simple('long'),
  float: simple('float'),
  double: simple('double'),
  binary: simple('binary'),
  date: simple('date'),
  /** An instant, to the microsecond. */
  timestamp: simple('timestamp'),
  /** A date and time of day without a time zone, to the microsecond. */
  timestampNtz: simple('timestampNtz'),
  calendarInterval: simple('calendarInterval'),
  variant: simple('variant'),
  string: { kind: 'string' },
  char: (length: number): DataType => ({ kind: 'char', length }),
  varchar: (length: number): DataType => ({ kind: 'varchar', length }),
  /** Precision 1–38 is the number of digits in all, scale the number of those after the point. */
  decimal: (precision = 10, scale = 0): DataType => ({ kind: 'decimal', precision, scale }),
  /** Precision 0–9 is the number of digits of the second's fraction. */
  time: (precision = 6): DataType => ({ kind: 'time', precision }),
  /** Fields: 0 year, 1 month. */
  yearMonthInterval: (startField = 0, endField = 1): DataType => ({
    kind: 'yearMonthInterval',
    startField,
    endField,
  }),
  /** Fields: 0 day, 1 hour, 2 minute, 3 second. */
  dayTimeInterval: (startField = 0, endField = 3): DataType => ({
    kind: 'dayTimeInterval',
    startField,
    endField,
  }),
  array: (elementType: DataType, containsNull = true): DataType => ({
    kind: 'array',
    elementType,
    containsNull,
  }),
  map: (keyType: DataType, valueType: DataType, valueContainsNull = true): MapType => ({
    kind: 'map',
    keyType,
    valueType,
    valueContainsNull,
  }),
  struct: (fields: readonly StructField[]): StructType => ({ kind: 'struct', fields }),
  field: (
    name: string,
    dataType: DataType,
    nullable = true,
    metadata?: Readonly<Record<string, unknown>>,
  ): StructField => ({ name, dataType, nullable, ...(metadata && { metadata }) }),
} as const;
