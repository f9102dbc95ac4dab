/** Whether text is a day of the calendar, such as 2025-01-31. */
export function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && isRealDay(text);
}

/** Whether text is a time with its zone, such as 2025-01-31T06:00:00+01:00 (ISO 8601). */
export function isDateTime(text: string): boolean {
  const shape = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;
  return shape.test(text) && !Number.isNaN(Date.parse(text)) && isRealDay(text);
}

/** JavaScript takes 2025-02-31 for March 3rd. */
function isRealDay(text: string): boolean {
  const day = new Date(text.slice(0, 10));
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text.slice(0, 10));
}
