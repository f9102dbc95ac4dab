import { z } from 'zod';
import { inputs } from '../../datasets/inputs.js';
import { sqlText } from '../../datasets/query.js';
import { humanise } from './format.js';

/** Rows that a chart draws at most unless its section says otherwise. */
const defaultMaxPoints = 2000;
/** Rows that a table shows at most unless its section says otherwise. */
const defaultMaxRows = 100;

/** An own message for a value of the wrong type; other issues keep theirs. */
const expected = (what: string) => ({
  error: (issue: { code: string }) => (issue.code === 'invalid_type' ? `expected ${what}` : undefined),
});

const column = z.string(expected('the name of a column')).min(1, 'expected the name of a column');

const axisLook = {
  /** Shown beside the axis; default: the column's name with spaces. */
  label: z.string().optional(),
  /** Appended to values. `%` (of a ratio, 0–1), `bytes` and `s` (seconds) are written in their own way. Default none. */
  unit: z.string().default(''),
};
const scale = {
  /** Default `linear`. On a `log` scale values at or below zero cannot be drawn and are counted in a note. */
  scale: z.enum(['linear', 'log']).default('linear'),
};

/** Lets `x: day` stand for `x: { column: day }`. */
const orColumnName = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (typeof value === 'string' ? { column: value } : value), schema);

const aColumn = expected('the name of a column, or an object with column, label, unit');

const labelled = <Field extends { column: string; label?: string | undefined }>(field: Field) => ({
  ...field,
  label: field.label ?? humanise(field.column),
});

const field = orColumnName(z.strictObject({ column, ...axisLook }, aColumn).transform(labelled));
const scaledField = orColumnName(
  z.strictObject({ column, ...axisLook, ...scale }, aColumn).transform(labelled),
);

/** Lets one column stand for a list of one. */
const oneOrMore = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess(
    (value) => (Array.isArray(value) ? value : [value]),
    z.array(schema).min(1, 'expected at least one column'),
  );

const cell = z.union([z.string(), z.number(), z.boolean(), z.null()]);

const source = {
  /** A query over the inputs: inline, or in a file relative to the DAG's folder. */
  sql: sqlText.optional(),
  /** Instead of `sql`: a list of rows, or an object that becomes rows of `name` and `value`; usually a template. */
  data: z
    .union([z.array(z.record(z.string(), cell)), z.record(z.string(), cell)], {
      error: () =>
        'expected a list of rows (objects of text, numbers, true, false, null), or one object of values by name',
    })
    .optional(),
};

const heading = {
  title: z.string().min(1),
  /** Explanation shown below the title; blank lines separate paragraphs. */
  text: z.string().default(''),
};

const points = {
  /** Rows that are drawn at most, 1–20,000. When the query returns more, a note says so: aggregate or sample in SQL. */
  maxPoints: z.number().int().min(1).max(20_000).default(defaultMaxPoints),
};

/** Colours by category: one column for long data. Wide data name several columns in `y` instead. */
const series = {
  series: column.nullable().default(null),
};

const bar = z.strictObject({
  kind: z.literal('bar'),
  ...heading,
  ...source,
  x: field,
  y: oneOrMore(field),
  ...series,
  /** Bars from left to right. Also chosen by itself when the labels would not fit below upright bars. */
  horizontal: z.boolean().default(false),
  stacked: z.boolean().default(false),
  /** Order of the bars by their (summed) value; `none` keeps the query's order. */
  sort: z.enum(['none', 'ascending', 'descending']).default('none'),
  ...points,
});

const line = z.strictObject({
  kind: z.literal('line'),
  ...heading,
  ...source,
  x: scaledField,
  y: oneOrMore(scaledField),
  ...series,
  ...points,
});

const scatter = z.strictObject({
  kind: z.literal('scatter'),
  ...heading,
  ...source,
  x: scaledField,
  y: scaledField,
  ...series,
  /** Draws the line y = x and gives both axes the same range, as for predicted against actual values. */
  reference: z.enum(['none', 'y=x']).default('none'),
  ...points,
});

const boxplot = z.strictObject({
  kind: z.literal('boxplot'),
  ...heading,
  ...source,
  x: field,
  /** Five columns of the query, from low to high: whisker, box, median, box, whisker. */
  quantiles: z.tuple([column, column, column, column, column], {
    error: () => 'expected five columns: low whisker, box, median, box, high whisker',
  }),
  /** The axis of the quantiles. */
  y: z.strictObject({ label: z.string().min(1), unit: z.string().default(''), ...scale }),
  horizontal: z.boolean().default(false),
  ...points,
});

const histogram = z.strictObject({
  kind: z.literal('histogram'),
  ...heading,
  ...source,
  /** Columns with the bounds of the bins, which the query computes. */
  x: z.strictObject({
    from: column,
    to: column,
    label: z.string().min(1),
    unit: z.string().default(''),
    ...scale,
  }),
  y: field,
  ...points,
});

const table = z.strictObject({
  kind: z.literal('table'),
  ...heading,
  ...source,
  /** Which columns to show, in this order; default all. */
  columns: z.array(field).min(1).nullable().default(null),
  /** Rows that are shown at most, 1–2,000; default 100. */
  maxRows: z.number().int().min(1).max(2000).default(defaultMaxRows),
});

const figure = z.strictObject({
  label: z.string().optional(),
  unit: z.string().default(''),
  /** Instead of the query's column of the same name: a value, usually a template. */
  value: cell.optional(),
});

const figures = z.strictObject({
  kind: z.literal('figures'),
  ...heading,
  /** Returns one row; a figure without `value` is its column of the same name. */
  sql: source.sql,
  /** Name → figure. Names are unique in the report: they are the keys of the task's output. */
  figures: z.record(z.string(), figure).refine((all) => Object.keys(all).length > 0, 'expected at least one'),
});

const metrics = z.strictObject({
  kind: z.literal('metrics'),
  ...heading,
  /** Heading → metrics, usually templates: one column each, nested objects become `outer.inner`. */
  values: z.record(z.string(), z.record(z.string(), z.json())),
});

const timeline = z.strictObject({ kind: z.literal('timeline'), ...heading });
const rejects = z.strictObject({ kind: z.literal('rejects'), ...heading });

const kinds = [bar, line, scatter, boxplot, histogram, table, figures, metrics, timeline, rejects] as const;
const kindNames = kinds.map((kind) => kind.shape.kind.value).join(', ');

const section = z
  .discriminatedUnion('kind', kinds, { error: () => `expected a section whose kind is one of: ${kindNames}` })
  .superRefine((section, issues) => {
    const fail = (path: string, message: string) =>
      issues.addIssue({ code: 'custom', path: [path], message });
    if (isTabular(section)) {
      if (section.sql !== undefined && section.data !== undefined) fail('data', 'give sql or data, not both');
      if (section.sql === undefined && section.data === undefined) {
        fail('sql', 'give sql (a query over the inputs) or data (rows, usually a template)');
      }
    }
    if (
      (section.kind === 'bar' || section.kind === 'line') &&
      section.series !== null &&
      section.y.length > 1
    ) {
      fail('series', 'give one y column with a series column, or several y columns without it');
    }
    if (section.kind === 'figures' && section.sql === undefined) {
      for (const [name, { value }] of Object.entries(section.figures)) {
        if (value === undefined) fail('figures', `figure ${name} needs a value, or the section needs sql`);
      }
    }
  });

/** What the `report` operator takes. */
export const reportParams = z.strictObject({
  title: z.string().min(1),
  /** A line or two below the title. */
  description: z.string().default(''),
  /** Name → dataset of an earlier task, or several of the same schema; queries see a table of that name. */
  inputs,
  sections: z
    .array(section)
    .min(1, 'expected at least one section')
    .superRefine((sections, issues) => {
      const seen = new Set<string>();
      sections.forEach((section, index) => {
        for (const name of section.kind === 'figures' ? Object.keys(section.figures) : []) {
          if (seen.has(name)) {
            issues.addIssue({
              code: 'custom',
              path: [index, 'figures', name],
              message: 'this figure appears twice in the report: give one of them another name',
            });
          }
          seen.add(name);
        }
      });
    }),
});

export type ReportParams = z.output<typeof reportParams>;
export type Section = ReportParams['sections'][number];
export type Field = z.output<typeof field>;
export type ScaledField = z.output<typeof scaledField>;
export type TabularSection = Exclude<Section, { kind: 'figures' | 'metrics' | 'timeline' | 'rejects' }>;

/** Whether a section shows the rows of a query or of `data`. */
export function isTabular(section: Section): section is TabularSection {
  return 'maxPoints' in section || 'maxRows' in section;
}
