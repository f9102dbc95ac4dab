/** Whether text is a day of the calendar, such as 2025-01-31. */
export function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && isRealDay(text);
}

const timeOfDay = String.raw`(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d+)?)?`;
const zone = String.raw`Z|[+-](?:[01]\d|2[0-3]):[0-5]\d`;
const dateTime = new RegExp(`^\\d{4}-\\d{2}-\\d{2}T${timeOfDay}(?:${zone})$`);
const dayWithTime = new RegExp(`^(\\d{4})-(\\d{1,2})-(\\d{1,2})(?:[T ]${timeOfDay}(${zone})?)?$`);

/** Whether text is a time with its zone, such as 2025-01-31T06:00:00+01:00 (ISO 8601). */
export function isDateTime(text: string): boolean {
  return dateTime.test(text) && isRealDay(text);
}

/**
 * The day, such as 2025-01-31, of a date or a time: that of a time with its zone in UTC, that of any other as it is written,
 * wherever this runs. Undefined for what is neither.
 */
export function dayOf(text: string): string | undefined {
  const [, year = '', month = '', day = '', zone] = dayWithTime.exec(text) ?? [];
  const written = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  if (!isDate(written)) return undefined;
  return zone === undefined ? written : new Date(text.replace(' ', 'T')).toISOString().slice(0, 10);
}

/** JavaScript takes 2025-02-31 for March 3rd. */
function isRealDay(text: string): boolean {
  const day = new Date(text.slice(0, 10));
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text.slice(0, 10));
}
