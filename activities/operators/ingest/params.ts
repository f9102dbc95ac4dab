import { z } from 'zod';
import { datasetName, datasetRef } from '../../datasets/dataset-ref.js';
import { distinctNames, namesFirst } from '../../datasets/distinct-names.js';
import { type ColumnType, isNested, knownTypes, parseType, someType, spelled } from './column-types.js';
import { valueProblem } from './column-values.js';
import { formatProblem } from './datetime-format.js';
import { optionProblems } from './reader-options.js';

/** Columns that ingest adds itself, and Spark's hidden one. Spark ignores case. */
const reservedColumn =
  /^_(position|file|source_file|source_row|row_index|reasons|unparsed|corrupt_record|metadata|(first|known|key)_\d+)$/i;

const columnName = z
  .string()
  .min(1)
  .refine(
    (name) => !reservedColumn.test(name),
    'this column name is taken by ingest or Spark itself; rename the column',
  );

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const bound = z.union([z.number(), z.string()]);

/**
 * A column: its Spark SQL type (`bigint`, `decimal(10,2)`, `array<string>`) and what its values must keep to. Every
 * constraint but `nullable` lets null pass, as SQL's CHECK does. The reason code of a broken one is `<column>.<constraint>`.
 */
const columnShape = z.strictObject({
  type: z.string().min(1),
  /** `false`: null is refused (reason `<column>.notNull`). Default true. */
  nullable: z.boolean().default(true),
  /** Of rows with the same value, the first in reading order stays and the others are refused. Default false. */
  unique: z.boolean().default(false),
  /** The only values allowed, of the column's type; 64-bit numbers and decimals beyond 2^53 as text. */
  oneOf: z.array(scalar).min(1).optional(),
  /** Least value, inclusive (reason `<column>.range`); dates and times as text. NaN is out of every range. */
  min: bound.optional(),
  /** Greatest value, inclusive. */
  max: bound.optional(),
  /** `dataset.column` of this task, among whose valid rows the value must be. */
  references: z
    .string()
    .regex(/^[^.]+\..+$/, 'expected dataset.column, such as projects.project_id')
    .optional(),
  /** CSV and JSON: pattern of a date or timestamp, in Spark's notation, when it is not ISO 8601. */
  format: z.string().optional(),
});

const column = z
  .union([
    z
      .string()
      .min(1)
      .transform((type) => columnShape.parse({ type })),
    columnShape,
  ])
  .transform((declared, context) => {
    const report = (path: (string | number)[], message: string | undefined): void => {
      if (message !== undefined) context.addIssue({ code: 'custom', path, message });
    };
    const type = readType(declared.type, (message) => report(['type'], message));
    if (type === undefined) return z.NEVER;
    const { oneOf = [], min, max, format } = declared;
    for (const [index, value] of oneOf.entries()) report(['oneOf', index], valueProblem(value, type));
    for (const [key, value] of Object.entries({ min, max })) {
      if (value === undefined) continue;
      if (type.kind === 'boolean') report([key], 'a boolean has no least and greatest value; use oneOf');
      else report([key], valueProblem(value, type));
    }
    if (format !== undefined) report(['format'], formatProblem(format, type.kind));
    return { ...declared, type };
  });

function readType(text: string, report: (message: string) => void): ColumnType | undefined {
  try {
    return parseType(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    report(`"${text}" is no type of a column: ${why}; expected ${knownTypes}`);
    return undefined;
  }
}

const reason = z.string().regex(/^[A-Za-z][\w.-]*$/, 'expected a code such as reversed_times');

/** A rule over several columns of a row, or a key of several columns. */
const rule = z.union(
  [
    /** SQL condition that holds for every good row; null passes. */
    z.strictObject({ reason, expect: z.string().min(1) }),
    /** Columns that are unique together; a row with a null among them passes. */
    z.strictObject({ reason, unique: z.array(z.string()).min(2) }),
  ],
  { error: 'expected { reason, expect: <SQL condition> } or { reason, unique: [<column>, <column>…] }' },
);

/** A path or glob pattern, relative to the DAG's folder, or a committed dataset. A folder stands for all files in it. */
const fileSource = z.union([z.string().min(1), datasetRef], {
  error:
    'expected a path, a glob pattern, or a dataset of another task, such as tasks.extract.output.sales in a template',
});

const partition = z.union(
  [
    columnName.transform((name) => ({ name, expression: undefined })),
    z
      .record(columnName, z.string().min(1))
      .refine((entries) => Object.keys(entries).length === 1, 'expected one name with its SQL expression')
      .transform((entries) => {
        const [[name, expression] = ['', '']] = Object.entries(entries);
        return { name, expression };
      }),
  ],
  {
    error:
      "expected a column, or a new column with its expression, such as month: date_format(sold_at, 'yyyy-MM')",
  },
);

const dataset = z.strictObject({
  files: z.union([fileSource.transform((source) => [source]), z.array(fileSource).min(1)]),
  /** Default parquet. CSV needs a header line; JSON is one object a line unless `options.multiLine` is true. */
  format: z.enum(['parquet', 'csv', 'json']).default('parquet'),
  /** CSV and JSON: how records are read; see reader-options.ts. */
  options: z.record(z.string(), scalar).default({}),
  /** The columns, in the order of the output. Columns of the files that are not declared are ignored, with a warning. */
  schema: z
    .record(columnName, column)
    .refine((columns) => Object.keys(columns).length > 0, 'expected at least one column'),
  rules: z.array(rule).default([]),
  /** Folders of the output: declared columns, or new ones made by an SQL expression. */
  partitionBy: z.array(partition).default([]),
});

export type Column = z.output<typeof column>;
export type Rule = z.output<typeof rule>;
export type FileSource = z.output<typeof fileSource>;
export type DatasetSpec = z.output<typeof dataset>;

/** Params of the ingest operator. */
export const ingestParams = z
  .strictObject({
    datasets: z
      .record(
        datasetName.refine((name) => name !== 'quarantine', 'this name is taken by the quarantined rows'),
        dataset,
      )
      .refine((datasets) => Object.keys(datasets).length > 0, 'expected at least one dataset')
      .superRefine(distinctNames, namesFirst),
  })
  .superRefine(({ datasets }, context) => {
    for (const [name, spec] of Object.entries(datasets)) {
      const report = (path: (string | number)[], message: string): void => {
        context.addIssue({ code: 'custom', path: ['datasets', name, ...path], message });
      };
      checkNames(spec, report);
      checkFormat(spec, report);
      for (const { key, message } of optionProblems(spec.format, spec.options))
        report(['options', ...key], message);
      checkReferences(name, spec, datasets, report);
    }
  });

type Report = (path: (string | number)[], message: string) => void;

function checkNames({ schema, rules, partitionBy }: DatasetSpec, report: Report): void {
  const names = Object.keys(schema);
  const known = `the columns are ${names.join(', ')}`;
  for (const [index, name] of names.entries()) {
    const other = names.slice(0, index).find((each) => each.toLowerCase() === name.toLowerCase());
    if (other !== undefined)
      report(
        ['schema', name],
        `"${other}" and "${name}" differ only by case, and Spark takes them for one; rename one`,
      );
  }
  for (const [index, each] of rules.entries()) {
    for (const key of 'unique' in each ? each.unique : []) {
      if (!(key in schema)) report(['rules', index, 'unique'], `there is no column "${key}"; ${known}`);
    }
    if (rules.findIndex((other) => other.reason === each.reason) < index) {
      report(['rules', index, 'reason'], `the reason "${each.reason}" is used twice`);
    }
  }
  for (const [index, { name, expression }] of partitionBy.entries()) {
    if (expression === undefined && !(name in schema)) {
      report(['partitionBy', index], `there is no column "${name}"; ${known}; or give an expression for it`);
    }
    if (expression !== undefined && name in schema) {
      report(['partitionBy', index], `there is already a column "${name}"; choose another name`);
    }
  }
}

/** What files of a format cannot have. */
function checkFormat({ schema, format }: DatasetSpec, report: Report): void {
  for (const [name, column] of Object.entries(schema)) {
    if (format === 'parquet' && column.format !== undefined)
      report(['schema', name, 'format'], 'formats are for CSV and JSON, this is Parquet');
    if (format === 'parquet' && isNested(column.type) && someType(column.type, hasLength))
      report(
        ['schema', name, 'type'],
        'the length of text within other types is not checked in Parquet; use string',
      );
    if (format !== 'parquet' && someType(column.type, (type) => type.kind === 'map' && !isText(type.key)))
      report(
        ['schema', name, 'type'],
        `keys in JSON are text: the keys of ${spelled(column.type)} must be string`,
      );
  }
}

const isText = (type: ColumnType): boolean => type.kind === 'string';
const hasLength = (type: ColumnType): boolean => type.kind === 'string' && type.length !== undefined;

function checkReferences(
  name: string,
  { schema }: DatasetSpec,
  datasets: Record<string, DatasetSpec>,
  report: Report,
): void {
  for (const [column, { references }] of Object.entries(schema)) {
    if (references === undefined) continue;
    const target = referenceTarget(references);
    if (target.dataset === name) {
      report(
        ['schema', column, 'references'],
        'a dataset cannot reference itself: which of its rows are valid is not known yet',
      );
    } else if (datasets[target.dataset]?.schema[target.column] === undefined) {
      report(['schema', column, 'references'], `there is no column ${references} in this task`);
    }
  }
}

/** The two parts of `dataset.column`. */
export function referenceTarget(references: string): { dataset: string; column: string } {
  const dot = references.indexOf('.');
  return { dataset: references.slice(0, dot), column: references.slice(dot + 1) };
}
