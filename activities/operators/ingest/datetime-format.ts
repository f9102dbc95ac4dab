import type { ColumnType } from './column-types.js';

/** Letters of Spark's patterns that texts can be read by: what they stand for, and how many may stand together. */
const letters: Record<string, [meaning: string, most: number]> = {
  G: ['era', 4],
  y: ['year', 6],
  M: ['month', 4],
  L: ['month', 4],
  d: ['day', 2],
  D: ['day of the year', 3],
  a: ['half of the day', 1],
  h: ['hour of half a day', 2],
  K: ['hour of half a day', 2],
  H: ['hour', 2],
  k: ['hour', 2],
  m: ['minute', 2],
  s: ['second', 2],
  // Spark keeps microseconds.
  S: ['fraction of a second', 6],
  V: ['zone', 2],
  z: ['zone', 4],
  O: ['zone', 4],
  X: ['zone', 5],
  x: ['zone', 5],
  Z: ['zone', 5],
};

/** What is wrong with the pattern of a column of dates or times, if anything is. */
export function formatProblem(format: string, type: ColumnType['kind']): string | undefined {
  if (type !== 'date' && type !== 'timestamp' && type !== 'timestamp_ntz')
    return `formats are for date, timestamp and timestamp_ntz, this column is ${type}; remove it`;
  const plain = format.replace(/'[^']*'/g, '');
  if (plain.includes("'")) return `a quote in "${format}" is not closed; a quote itself is written ''`;
  if (/[#{}]/.test(plain)) return `"${format}": put # { } in quotes`;
  if (/[Yw]/.test(plain))
    return `"${format}" has Y or w, which stand for years of weeks and would give other dates; write y for the year`;
  const runs = plain.match(/([A-Za-z])\1*/g) ?? [];
  const has = new Set<string>();
  for (const run of runs) {
    const letter = run.charAt(0);
    const [meaning, most] = (Object.hasOwn(letters, letter) && letters[letter]) || [];
    if (meaning === undefined || most === undefined)
      return `"${format}": dates cannot be read by the letter ${letter}; put text of its own in quotes, such as 'T'`;
    if (run.length > most) return `"${format}" has ${run}: of ${letter} (${meaning}), ${most} at most`;
    has.add(meaning);
  }
  if (/V/.test(plain) && !/VV/.test(plain)) return `"${format}" has V: write VV for the name of a time zone`;
  if (plain.split('[').length !== plain.split(']').length)
    return `"${format}": each [ needs a ]; what is between them may be missing`;
  if (!has.has('year')) return `"${format}" has no year: write y, such as yyyy`;
  if (has.has('day') && !has.has('month'))
    return `"${format}" has a day (d) without a month: write M for the month; m stands for minutes`;
  if (has.has('minute') && !has.has('hour') && !has.has('hour of half a day'))
    return `"${format}" has minutes (m) without an hour: write M for the month, or H for the hour`;
  if (has.has('day of the year') && (has.has('month') || has.has('day')))
    return `"${format}" has D, the day of the year, beside a month or day: write d for the day of the month`;
  if (has.has('hour of half a day') && !has.has('half of the day'))
    return `"${format}" has h, an hour from 1 to 12, without a for AM or PM: write H for hours from 0 to 23`;
  if (has.has('zone') && type !== 'timestamp')
    return `"${format}" has a time zone, which a ${type} cannot keep: declare the column as timestamp`;
  return undefined;
}
