import { type ColumnType, isNested, spelled } from './column-types.js';
import { datePattern, decimalPattern, instantPattern, localTimestampPattern } from './text-patterns.js';

/** A value as a DAG writes it. */
export type DeclaredValue = string | number | boolean;

const wholeNumbers: { [kind in ColumnType['kind']]?: bigint } = {
  tinyint: 2n ** 7n,
  smallint: 2n ** 15n,
  int: 2n ** 31n,
  bigint: 2n ** 63n,
};

/** Why a value in a declaration is no value of the column's type, if it is none. */
export function valueProblem(value: DeclaredValue, type: ColumnType): string | undefined {
  const shown = typeof value === 'string' ? `"${value}"` : String(value);
  const wrong = (hint = ''): string => `${shown} is no ${spelled(type)}${hint}`;
  if (isNested(type) || type.kind === 'binary')
    return `values of ${spelled(type)} cannot be compared; use a rule`;
  if (type.kind === 'boolean') return typeof value === 'boolean' ? undefined : wrong(': write true or false');
  if (type.kind === 'string') {
    if (typeof value !== 'string') return wrong(`: write it in quotes, as "${value}"`);
    const { length = Number.POSITIVE_INFINITY } = type;
    return [...value].length > length ? `${shown} has more than ${length} characters` : undefined;
  }
  if (typeof value === 'boolean') return wrong();
  const text = String(value);
  switch (type.kind) {
    case 'date':
      return isDate(text, datePattern) ? undefined : wrong(': write it as text, such as "2026-03-01"');
    case 'timestamp':
      return isDate(text, instantPattern)
        ? undefined
        : wrong(': write it as text, such as "2026-03-01" or "2026-03-01T10:00:00+02:00"');
    case 'timestamp_ntz':
      return isDate(text, localTimestampPattern)
        ? undefined
        : wrong(': write it as text without a time zone, such as "2026-03-01T10:00:00"');
    case 'float':
    case 'double': {
      const number = text.trim() === '' || /[xob_]/i.test(text) ? Number.NaN : Number(text);
      return Number.isFinite(number) ? undefined : wrong();
    }
    case 'decimal': {
      if (isInexact(value)) return inexact(shown);
      const plain = new RegExp(decimalPattern(type.precision, type.scale));
      return plain.test(text) ? undefined : wrong(': it needs other digits than the type has');
    }
    default: {
      if (isInexact(value)) return inexact(shown);
      const limit = wholeNumbers[type.kind] ?? 0n;
      if (!/^[+-]?\d+$/.test(text)) return wrong();
      const number = BigInt(text.replace('+', ''));
      return number >= -limit && number < limit ? undefined : wrong(': it is out of range');
    }
  }
}

/** Whole numbers beyond 2^53 are rounded before anyone can see them. */
const isInexact = (value: DeclaredValue): boolean =>
  typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER;

const inexact = (shown: string): string =>
  `${shown} is beyond 2^53, where numbers are rounded: write its digits in quotes`;

function isDate(text: string, pattern: string): boolean {
  if (!new RegExp(pattern).test(text)) return false;
  const [year = 0, month = 0, day = 0] = (text.match(/\d+/g) ?? []).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1;
}
