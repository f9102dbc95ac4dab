/** A name as an SQL identifier. */
export const identifier = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/** A value as an SQL literal; a string becomes a literal of the given type when that is not a string. */
export function literal(value: string | number | boolean, type = 'string'): string {
  if (typeof value !== 'string') return String(value);
  const text = `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  return type === 'string' ? text : `CAST(${text} AS ${type})`;
}
