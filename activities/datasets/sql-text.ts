/** A name as an SQL identifier. */
export const identifier = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

/** The name of a struct's field within a type: as it is where SQL allows it, else as an identifier. */
export const fieldName = (name: string): string => (/^[A-Za-z_]\w*$/.test(name) ? name : identifier(name));

/** A value as an SQL literal. */
export function literal(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** A value of a type as an SQL expression. The text of the value must be one of the type. */
export const typedLiteral = (value: string | number | boolean, type: string): string =>
  type === 'string' ? literal(String(value)) : `CAST(${literal(String(value))} AS ${type})`;
