import { z } from 'zod';
import { csvOptionNames, csvOptions } from './csv/dialect.js';

/** The options of each format, and their names. */
const known = {
  csv: { options: csvOptions, names: csvOptionNames },
  json: { options: z.strictObject({ multiLine: z.boolean().optional() }), names: ['multiLine'] },
};

const formatOfColumn = "give the column a pattern, as { type: date, format: 'dd.MM.yyyy' }";
const declared = 'the columns and their types are those of the schema';
const records = 'records that are not well-formed are quarantined as malformed';

/** Spark's reader options about types and values, with what says the same to ingest. */
const valueOptions: Record<string, string> = {
  dateFormat: formatOfColumn,
  timestampFormat: formatOfColumn,
  timestampNTZFormat: formatOfColumn,
  enableDateTimeParsingFallback: formatOfColumn,
  locale: 'names of months are read in English',
  timeZone:
    'times without a zone are in the time zone of the Spark session, spark.sql.session.timeZone in the settings',
  nanValue: 'NaN is read as such; declare the column as string for other spellings',
  positiveInf: 'Infinity and Inf are read as such; declare the column as string for other spellings',
  negativeInf: '-Infinity and -Inf are read as such; declare the column as string for other spellings',
  inferSchema: declared,
  samplingRatio: declared,
  preferDate: declared,
  prefersDecimal: declared,
  primitivesAsString: declared,
  dropFieldIfAllNull: declared,
  enforceSchema: declared,
  singleVariantColumn: declared,
  mode: records,
  columnNameOfCorruptRecord: records,
};

/** What is wrong with the options of a dataset. `key` is empty when it is all of them together. */
export function optionProblems(
  format: 'parquet' | keyof typeof known,
  given: Record<string, unknown>,
): { key: string[]; message: string }[] {
  if (format === 'parquet') {
    const isGiven = Object.keys(given).length > 0;
    return isGiven ? [{ key: [], message: 'options are for CSV and JSON, this is Parquet' }] : [];
  }
  const { options, names } = known[format];
  const issues = options.safeParse(given).error?.issues ?? [];
  return issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [{ key: issue.path.map(String), message: issue.message }];
    return issue.keys.map((key) => {
      const [, way] =
        Object.entries(valueOptions).find(([option]) => option.toLowerCase() === key.toLowerCase()) ?? [];
      const message =
        way === undefined
          ? `there is no such option of ${format} files; there are ${names.join(', ')}`
          : `this option of Spark does nothing here: ${way}`;
      return { key: [key], message };
    });
  });
}
