import type { ASTNode } from '@marcbachmann/cel-js';
import { isDateTime } from './instant.js';
import { show } from './json.js';
import { wallClock } from './wall-clock.js';

/**
 * CEL's functions of times. Those of the library hang on the time zone of the process, take 2026-02-31 for a day and know no
 * offsets. They can't be replaced in its registry, so the calls of an expression that was checked are led here.
 */
type Node = ASTNode & { handle?: (args: readonly unknown[], ...rest: unknown[]) => unknown };

/** Makes calls of time functions in an expression that was checked give the same wherever they run. */
export function useOwnTimes(nodes: readonly ASTNode[]): void {
  for (const node of nodes as readonly Node[]) {
    const { handle } = node;
    if (handle === undefined) continue;
    if (node.op === 'call' && node.args[0] === 'timestamp') {
      node.handle = (args, ...rest) =>
        typeof args[0] === 'string' ? timestamp(args[0]) : handle(args, ...rest);
    } else if (node.op === 'rcall' && Object.hasOwn(fields, node.args[0])) {
      const field = fields[node.args[0]];
      node.handle = (args, ...rest) => {
        const [time, zone] = args;
        return time instanceof Date && field !== undefined && (zone === undefined || typeof zone === 'string')
          ? BigInt(field(zone === undefined ? time : inZone(time, zone)))
          : handle(args, ...rest);
      };
    }
  }
}

/** @throws Error when it is no time with its zone */
function timestamp(text: string): Date {
  if (isDateTime(text)) return new Date(text);
  throw new Error(
    `timestamp() needs a real time with its zone, such as 2026-01-31T23:30:00Z, got ${show(text)}`,
  );
}

/** What each function gives of a time whose UTC fields are those of the zone. As CEL has it, months and days count from 0. */
const fields: Readonly<Record<string, (time: Date) => number>> = {
  getFullYear: (time) => time.getUTCFullYear(),
  getMonth: (time) => time.getUTCMonth(),
  getDate: (time) => time.getUTCDate(),
  getDayOfMonth: (time) => time.getUTCDate() - 1,
  getDayOfWeek: (time) => time.getUTCDay(),
  getDayOfYear: (time) =>
    (Date.UTC(time.getUTCFullYear(), time.getUTCMonth(), time.getUTCDate()) -
      Date.UTC(time.getUTCFullYear(), 0, 1)) /
    86_400_000,
  getHours: (time) => time.getUTCHours(),
  getMinutes: (time) => time.getUTCMinutes(),
  getSeconds: (time) => time.getUTCSeconds(),
  getMilliseconds: (time) => time.getUTCMilliseconds(),
};

/** @throws Error when there is no such zone */
function inZone(time: Date, zone: string): Date {
  const [, sign, hours, minutes] = /^([+-]?)(\d{1,2}):([0-5]\d)$/.exec(zone) ?? [];
  if (hours !== undefined && Number(hours) < 24) {
    const offset = (Number(hours) * 60 + Number(minutes)) * 60_000;
    return new Date(time.getTime() + (sign === '-' ? -offset : offset));
  }
  try {
    return wallClock(time, zone);
  } catch {
    throw new Error(
      `there is no time zone ${show(zone)}: expected a name such as Europe/Zurich, or an offset such as +05:30`,
    );
  }
}
