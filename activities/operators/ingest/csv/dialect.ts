import { z } from 'zod';

/** Encodings of CSV files, by the names that options take, in any case. */
export const csvEncodings = ['utf-8', 'us-ascii', 'iso-8859-1', 'utf-16', 'utf-16le', 'utf-16be'] as const;
export type CsvEncoding = (typeof csvEncodings)[number];

/** What the text of a CSV file means. Without options it is RFC 4180. */
export type CsvDialect = {
  separator: string;
  /** Undefined: no field is quoted. */
  quote: string | undefined;
  /** Within quotes, what makes a quote after it a plain character. Equal to `quote`: quotes are doubled. */
  escape: string | undefined;
  /** First character of lines that are not read. */
  comment: string | undefined;
  encoding: CsvEncoding;
  /** Fields of this text are null, as empty ones are that are not quoted. */
  nullValue: string;
  /** Whether white space before or after a field is left out. */
  trimStart: boolean;
  trimEnd: boolean;
};

const character = z.string().regex(/^[!-~]$/, 'expected one printable ASCII character');

const separator = z
  .string()
  .transform((text) => (text === '\\t' ? '\t' : text))
  .refine((text) => text !== '' && !/[\r\n\0]/.test(text), 'expected a separator such as ";" or "\\t"');

const encoding = z
  .string()
  .transform((name) => name.toLowerCase())
  .pipe(
    z.enum(csvEncodings, {
      error: ({ input }) => `encoding ${input} is not supported; use ${csvEncodings.join(', ')}`,
    }),
  );

const always = z.literal(true, { error: 'this is always so for CSV; leave the option out' });

/** Reader options of CSV. `delimiter` and `charset` are Spark's other names of `sep` and `encoding`. */
const options = z
  .strictObject({
    sep: separator.optional(),
    delimiter: separator.optional(),
    quote: z.string().regex(/^[!-~]?$/, 'expected one printable ASCII character, or "" for none'),
    escape: character.optional(),
    comment: character.optional(),
    encoding: encoding.optional(),
    charset: encoding.optional(),
    nullValue: z.string().regex(/^\P{Cc}*$/u, 'expected text without control characters'),
    ignoreLeadingWhiteSpace: z.boolean(),
    ignoreTrailingWhiteSpace: z.boolean(),
    header: always,
    multiLine: always,
  })
  .partial();

export const csvOptionNames = Object.keys(options.shape);

/** Reader options of CSV, as the dialect that they make. */
export const csvOptions = options
  .transform(
    (given): CsvDialect => ({
      separator: given.sep ?? given.delimiter ?? ',',
      quote: given.quote === '' ? undefined : (given.quote ?? '"'),
      escape: given.quote === '' ? undefined : (given.escape ?? given.quote ?? '"'),
      comment: given.comment,
      encoding: given.encoding ?? given.charset ?? 'utf-8',
      nullValue: given.nullValue ?? '',
      trimStart: given.ignoreLeadingWhiteSpace ?? false,
      trimEnd: given.ignoreTrailingWhiteSpace ?? false,
    }),
  )
  .superRefine(({ separator, quote, escape: before, comment }, context) => {
    const special = [quote, before === quote ? undefined : before, comment].filter(
      (each) => each !== undefined,
    );
    if (new Set(special).size < special.length || special.some((each) => separator.includes(each)))
      context.addIssue({
        code: 'custom',
        message: 'sep, quote, escape and comment must be different characters',
      });
  });
