/**
 * Time zones, with wall-clock times written as if they were UTC: 02:30 in Zurich is the `Date` whose UTC fields are 02:30.
 */

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timezone: string): Intl.DateTimeFormat {
  const kept = formats.get(timezone);
  if (kept !== undefined) return kept;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(timezone, format);
  return format;
}

/** What clocks in the zone show at an instant. */
export function wallClock(instant: Date, timezone: string): Date {
  if (timezone === 'UTC') return instant;
  const parts = formatOf(timezone).formatToParts(instant);
  const get = (type: Intl.DateTimeFormatPartTypes): number =>
    Number(parts.find((part) => part.type === type)?.value);
  const seconds = Date.UTC(
    get('year'),
    get('month') - 1,
    get('day'),
    get('hour'),
    get('minute'),
    get('second'),
  );
  return new Date(seconds + instant.getUTCMilliseconds());
}

const DAY = 86_400_000;

/**
 * The instants at which clocks in the zone show a time: one as a rule, two where clocks are put back, none where they are
 * put forward; then `instead` is the time that they show at the moment it would have been.
 */
export function instantsOf(wall: Date, timezone: string): { at: Date[]; instead: Date } {
  if (timezone === 'UTC') return { at: [wall], instead: wall };
  // Zones change their offset at most once within a day or two.
  const offsets = [-DAY, DAY].map((around) => {
    const near = new Date(wall.getTime() + around);
    return wallClock(near, timezone).getTime() - near.getTime();
  });
  const [before = 0, after = 0] = offsets;
  const at = [...new Set([wall.getTime() - before, wall.getTime() - after])]
    .sort((a, b) => a - b)
    .map((time) => new Date(time))
    .filter((instant) => wallClock(instant, timezone).getTime() === wall.getTime());
  return { at, instead: new Date(wall.getTime() - before) };
}
