import { SparkConnectError } from 'spark-connect-js';
import { didYouMean } from '../dag/nearest.js';

/** SQLSTATE classes of errors in the query or in the data it meets, not of the cluster's health: a retry gives the same. P0001 is `raise_error`. */
const mistakes = /^(0A|21|22|23|42|P0001)/;

/** What Spark throws for a mistake that it has no SQLSTATE for. */
const mistakenArguments = new Set([
  'java.lang.IllegalArgumentException',
  'java.lang.UnsupportedOperationException',
  'org.apache.spark.sql.AnalysisException',
]);

/** The error in a chain of causes that says what is wrong with a query or with its data; undefined when something else broke. */
export function queryMistake(error: unknown): SparkConnectError | undefined {
  for (let each = error; each instanceof SparkConnectError; each = each.cause) {
    // What a damaged or vanished file causes is no mistake in the query.
    if (each.errorClass?.startsWith('FAILED_READ_FILE')) return undefined;
    const { sqlState, exceptionClasses } = each;
    if (
      sqlState === undefined
        ? exceptionClasses.some((name) => mistakenArguments.has(name))
        : mistakes.test(sqlState)
    )
      return each;
  }
  return undefined;
}

/**
 * What Spark's error says, in a sentence for people who write queries: what is wrong, where in the SQL, and the way out, without
 * plans, stacks and settings that a task cannot set.
 * @param tables names that the query can read, for hints
 */
export function sparkSentence(error: SparkConnectError, tables: readonly string[] = []): string {
  const { errorClass = '', messageParameters } = error;
  const explain = explanations[errorClass] ?? explanations[errorClass.replace(/\..*/, '')];
  const explained = explain?.(new Parameters(messageParameters), error, tables);
  if (explained !== undefined) return place(error, explained);
  const { sqlState } = error;
  const known = [errorClass, sqlState === undefined ? '' : `SQLSTATE ${sqlState}`].filter(
    (text) => text !== '',
  );
  return `${place(error, { what: plainMessage(error) })}${known.length > 0 ? ` (${known.join(', ')})` : ''}`;
}

/** What is wrong, and how to go on. */
type Explanation = { what: string; instead?: string | undefined };

type Explain = (
  parameters: Parameters,
  error: SparkConnectError,
  tables: readonly string[],
) => Explanation | undefined;

/** The values in a message of Spark's, without its quotes. */
class Parameters {
  constructor(private readonly values: Readonly<Record<string, string>>) {}

  get(name: string): string {
    return unquoted(this.values[name] ?? '?');
  }

  /** Names in a list, such as "`sales`.`id`, `sales`.`town`". */
  list(name: string): string[] {
    const text = (this.values[name] ?? '').replace(/^\[|\]$/g, '');
    return text === '' ? [] : text.split(/, (?=`|\()/).map(unquoted);
  }
}

const unquoted = (text: string): string =>
  text
    .replace(/`((?:[^`]|``)*)`/g, (_, name: string) => name.replaceAll('``', '`'))
    .replace(/^"(.*)"$/s, '$1');

const outOfRange =
  'CAST an operand to a larger type, or use try_add, try_subtract or try_multiply, which give NULL';

/** By error class, or by the part of it before the dot. */
const explanations: Record<string, Explain> = {
  PARSE_SYNTAX_ERROR: (p) => {
    const near = p.get('error');
    const what = near === 'end of input' ? 'the SQL ends too early' : `syntax error at ${near}`;
    return { what, instead: /extra input/.test(p.get('hint')) ? 'a query is one statement' : undefined };
  },
  PARSE_EMPTY_STATEMENT: () => ({ what: 'the query is empty' }),
  UNRESOLVED_COLUMN: (p) => noSuch('column', p.get('objectName'), p.list('proposal')),
  UNRESOLVED_FIELD: (p) =>
    noSuch('field', `${p.get('columnPath')}.${p.get('fieldName')}`, p.list('proposal')),
  FIELD_NOT_FOUND: (p) => noSuch('field', p.get('fieldName'), p.list('fields')),
  TABLE_OR_VIEW_NOT_FOUND: (p, _, tables) =>
    noSuch('table or view', p.get('relationName').replace(/^spark_catalog\.default\./, ''), tables),
  UNRESOLVED_ROUTINE: (p) => ({ what: `there is no function ${p.get('routineName')}` }),
  UNRESOLVABLE_TABLE_VALUED_FUNCTION: (p) => ({ what: `there is no table function ${p.get('name')}` }),
  WRONG_NUM_ARGS: (p) => ({
    what: `the function ${p.get('functionName')} takes ${p.get('expectedNum')} arguments, not ${p.get('actualNum')}`,
  }),
  AMBIGUOUS_REFERENCE: (p) => ({
    what: `the column ${p.get('name')} is in more than one table`,
    instead: `write which one is meant: ${p.list('referenceNames').join(' or ')}`,
  }),
  COLUMN_ALREADY_EXISTS: (p) => ({
    what: `the result has the column ${p.get('columnName')} twice`,
    instead: 'give each a name of its own with AS',
  }),
  UNBOUND_SQL_PARAMETER: (p) =>
    /^_\d+$/.test(p.get('name'))
      ? { what: 'a parameter ? has no value', instead: 'write it as :name and give its value in args' }
      : { what: `the parameter :${p.get('name')} has no value`, instead: 'give it in args' },
  MISSING_GROUP_BY: () => ({
    what: 'columns and aggregates are mixed without GROUP BY',
    instead: 'add GROUP BY, or a window with OVER',
  }),
  MISSING_AGGREGATION: (p) => ({
    what: `${p.get('expression')} is neither in GROUP BY nor aggregated`,
    instead: `add it to GROUP BY, or use ${p.get('expressionAnyValue')}`,
  }),
  DATATYPE_MISMATCH: (p, error) => {
    const reason = /due to data type mismatch: (.*)$/s.exec(plainMessage(error))?.[1];
    return reason === undefined
      ? undefined
      : { what: `types do not fit in ${p.get('sqlExpr')}: ${reason.replace(/\.$/, '')}` };
  },
  CAST_INVALID_INPUT: (p) => ({
    what: `the value ${p.get('expression')} cannot be read as ${p.get('targetType')}`,
    instead: 'correct the data, or use try_cast, which gives NULL for such values',
  }),
  CAST_OVERFLOW: (p) => ({
    what: `the value ${p.get('value')} is out of the range of ${p.get('targetType')}`,
    instead: 'take a larger type, or use try_cast, which gives NULL for such values',
  }),
  NUMERIC_VALUE_OUT_OF_RANGE: (p) => ({
    what: `the value ${p.get('value')} does not fit into decimal(${p.get('precision')},${p.get('scale')})`,
    instead: 'take a larger decimal, or use try_cast, which gives NULL for such values',
  }),
  ARITHMETIC_OVERFLOW: () => ({ what: 'a result is out of the range of its type', instead: outOfRange }),
  BINARY_ARITHMETIC_OVERFLOW: (p) => ({
    what: `${p.get('value1')} ${p.get('symbol')} ${p.get('value2')} is out of the range of its type`,
    instead: outOfRange,
  }),
  DIVIDE_BY_ZERO: () => ({
    what: 'division by zero',
    instead: 'divide by nullif(…, 0) or use try_divide, which give NULL',
  }),
  REMAINDER_BY_ZERO: () => ({
    what: 'remainder of a division by zero',
    instead: 'divide by nullif(…, 0) or use try_mod, which give NULL',
  }),
  INVALID_ARRAY_INDEX: (p) => ({
    what: `the index ${p.get('indexValue')} is outside of an array of ${p.get('arraySize')} elements`,
    instead: 'use get(), which gives NULL',
  }),
  INVALID_ARRAY_INDEX_IN_ELEMENT_AT: (p) => ({
    what: `the index ${p.get('indexValue')} is outside of an array of ${p.get('arraySize')} elements`,
    instead: 'use try_element_at, which gives NULL',
  }),
  CANNOT_PARSE_TIMESTAMP: (p) => ({
    what: p.get('message').replace(/^Text /, 'the text '),
    instead: `correct the data or the pattern, or use ${p.get('func')}, which gives NULL for such values`,
  }),
  INCONSISTENT_BEHAVIOR_CROSS_VERSION: (p, error) =>
    error.messageParameters.pattern === undefined
      ? {
          what: `the text ${p.get('datetime')} does not fit its date pattern`,
          instead: 'correct the data or the pattern',
        }
      : {
          what: `${p.get('pattern')} is no pattern of a date or time`,
          instead: "use letters such as in 'yyyy-MM-dd HH:mm:ss'; years of weeks (Y, w) are not supported",
        },
  PATH_NOT_FOUND: (p) => ({ what: `there is nothing at ${p.get('path').replace(/^file:/, '')}` }),
  UNSUPPORTED_DATATYPE: (p) => ({
    what: `there is no type ${p.get('typeName')}`,
    instead: 'types are such as bigint, string, date or decimal(10,2)',
  }),
  'INVALID_HANDLE.SESSION_CHANGED': () => ({
    what: 'the Spark server was started again while the task worked',
    instead: 'when this happens often, it has too little memory: see its log, and spark.driverMemory',
  }),
  USER_RAISED_EXCEPTION: (p) => ({ what: p.get('errorMessage') }),
};

function noSuch(kind: string, name: string, known: readonly string[]): Explanation {
  const what = `there is no ${kind} ${name}`;
  if (known.length === 0) return { what: kind === 'column' ? `${what} here` : what };
  const hint = didYouMean(name, known);
  return { what, instead: `${hint === undefined ? '' : `${hint} `}there are ${known.join(', ')}` };
}

/** Puts where it is in the SQL between what is wrong and the way out. */
function place(error: SparkConnectError, { what, instead }: Explanation): string {
  const at = position(error.message);
  const fragment = excerpt(error);
  const where = at === undefined ? '' : ` at ${at}${fragment === undefined ? '' : ` in ${fragment}`}`;
  return `${what}${where}${instead === undefined ? '' : `; ${instead}`}`;
}

/** Spark says `(line 1, pos 0)`, `; line 1 pos 11;` and, counted from 1, `(line 1, position 8)`. */
function position(message: string): string | undefined {
  const [, line, unit, count] = /\bline (\d+),? (pos|position) (\d+)\b/.exec(message) ?? [];
  if (line === undefined) return undefined;
  return `line ${line}, column ${Number(count) + (unit === 'pos' ? 1 : 0)}`;
}

const maxExcerpt = 80;

/** The part of the SQL that Spark points at, when it is short enough to say more than its position. */
function excerpt({ queryContexts }: SparkConnectError): string | undefined {
  const fragment = queryContexts.find((context) => context.fragment !== '')?.fragment.replace(/\s+/g, ' ');
  return fragment === undefined || fragment.length > maxExcerpt ? undefined : `"${fragment}"`;
}

/** Sentences of Spark's that are about its own settings and documents. */
const aside = /spark\.sql\.|https?:\/\//;

/** The message without its class, SQLSTATE, plan and query, on one line. */
function plainMessage({ message }: SparkConnectError): string {
  const text = message
    .trim()
    .replace(/^\[[A-Z0-9_.]+\]\s*/, '')
    .replace(/\s*\(?SQLSTATE: \w{5}.*$/s, '')
    .replace(/\s*== SQL.*$/s, '')
    .replace(/^requirement failed: /, '');
  const [first = '', ...more] = text.split(/(?<=\.)\s+(?=[A-Z])|\n+/);
  const sentences = [first, ...more.filter((sentence) => !aside.test(sentence))].map((sentence) =>
    sentence.trim(),
  );
  const plain = sentences.slice(0, 2).join(' ').replace(/\.$/, '');
  return plain.length <= maxMessage ? plain : `${plain.slice(0, maxMessage)}…`;
}

const maxMessage = 500;
