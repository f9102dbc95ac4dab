// What text must look like to be a value, as regular expressions that Java and JavaScript read alike. Blanks around it are
// no part of it.

const blank = '[ \\t]*';

/** A date with all its parts: `2026-03-01`, `2026-3-1`. Years are 0001 to 9999, as in SQL. */
const date = '(?!0000)\\d{4}-(?:0?[1-9]|1[0-2])-(?:0?[1-9]|[12]\\d|3[01])';
/** Hours and minutes at least. Spark keeps microseconds, so digits behind those must be zeros. */
const time = '(?:[01]?\\d|2[0-3]):[0-5]?\\d(?::[0-5]?\\d(?:\\.\\d{1,6}0*)?)?';
const offset = '[+-](?:(?:0?\\d|1[0-7])(?::?[0-5]\\d)?|18(?::?00)?)';
/** Abbreviations such as CST stand for several zones, so they are none. */
const zone = `(?:Z|(?:UTC|GMT)?${offset}|UTC|GMT|[A-Za-z]+(?:/[\\w+-]+)+)`;

const whole = (pattern: string): string => `^${blank}${pattern}${blank}$`;

export const datePattern = whole(date);
export const localTimestampPattern = whole(`${date}(?:[ T]${time})?`);
export const timestampPattern = whole(`${date}(?:[ T]${time}(?: ?${zone})?)?`);
/** As above, without names of zones, whose validity Spark alone knows. */
export const instantPattern = whole(`${date}(?:[ T]${time}(?: ?(?:Z|${offset}))?)?`);

/** A number that isn't finite. */
export const infinityPattern = whole('(?:[Nn][Aa][Nn]|[+-]?[Ii][Nn][Ff](?:[Ii][Nn][Ii][Tt][Yy])?)');

/** A decimal number in plain digits that a decimal of so many digits holds exactly. */
export function decimalPattern(precision: number, scale: number): string {
  const fraction = `(?:\\.\\d{0,${scale}}0*)?`;
  return whole(`[+-]?(?=\\.?\\d)0*\\d{0,${precision - scale}}${fraction}`);
}

/** A number with an exponent and at most so many digits before it. */
export function exponentPattern(digits: number): string {
  return whole(`[+-]?(?=(?:\\.?\\d){1,${digits}}\\.?[eE])(?:\\d+\\.?\\d*|\\.\\d+)[eE][+-]?\\d{1,3}`);
}

/** Zero with an exponent. */
export const zeroExponentPattern = `^${blank}[+-]?[0.]+[eE]`;
