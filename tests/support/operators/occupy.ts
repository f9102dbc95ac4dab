import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { defineOperator } from 'nightjar';
import { z } from 'zod';

/** A line of the file in which the operator below keeps when it ran. */
export type Mark = { key: string; what: 'start' | 'end'; slots: number; at: number };

/** Runs for a while, or until a file is there, and notes in a file, from within, when it started and ended. */
export const occupy = defineOperator({
  name: 'occupy',
  description: 'takes up slots for a while',
  params: z.strictObject({
    marks: z.string(),
    ms: z.int().default(0),
    until: z.string().optional(),
    slots: z.int().default(1),
  }),
  run: async ({ dagId, taskId, mapIndex, signal }, { marks, ms, until, slots }) => {
    const key = `${dagId}/${taskId}${mapIndex === undefined ? '' : `[${mapIndex}]`}`;
    const note = (what: Mark['what']): void =>
      appendFileSync(
        marks,
        `${JSON.stringify({ key, what, slots, at: performance.timeOrigin + performance.now() })}\n`,
      );
    note('start');
    try {
      await sleep(ms, undefined, { signal });
      while (until !== undefined && !existsSync(until)) await sleep(20, undefined, { signal });
    } finally {
      note('end');
    }
    return null;
  },
});

export default occupy;

export const readMarks = (file: string): Mark[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Mark)
        .sort((a, b) => a.at - b.at)
    : [];

/**
 * The most slots that were taken up at the same time. A start without an end belongs to a process that was killed:
 * `killedAt` are the times when one was.
 */
export function mostAtOnce(marks: readonly Mark[], killedAt: readonly number[] = []): number {
  const open = new Map<string, Mark>();
  let most = 0;
  const kills = [...killedAt];
  const survivors = new Set(endedStarts(marks));
  for (const mark of marks) {
    while (kills[0] !== undefined && kills[0] < mark.at) {
      kills.shift();
      for (const [key, start] of open) if (!survivors.has(start)) open.delete(key);
    }
    if (mark.what === 'start') open.set(mark.key, mark);
    else open.delete(mark.key);
    most = Math.max(
      most,
      [...open.values()].reduce((sum, { slots }) => sum + slots, 0),
    );
  }
  return most;
}

/** The starts that have their own end. */
function endedStarts(marks: readonly Mark[]): Mark[] {
  return marks.filter((mark, index) => {
    const next = marks.slice(index + 1).find(({ key }) => key === mark.key);
    return mark.what === 'start' && next?.what === 'end';
  });
}
