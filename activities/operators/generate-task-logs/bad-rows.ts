import type { GenerateSettings } from '../../../config/sections/generate.js';
import { blockRows, RandomStream, streams } from './random-stream.js';
import type { TaskColumns, TaskEnumerations } from './task-columns.js';
import type { BlockTimes } from './task-generator.js';

/** The ways in which rows are spoilt on purpose. */
export const badRowKinds = [
  'missingKey',
  'duplicateId',
  'unknownReference',
  'badEnum',
  'negativeDuration',
  'reversedTimes',
  'outOfRange',
] as const;

export type BadRowKind = (typeof badRowKinds)[number];
export type BadRowCounts = Record<BadRowKind, number>;

/** The value of an enumeration in rows that were spoilt; the last name of each enumeration. */
export const badEnumValue = 'n/a';

/** What stands in the place of a kind's index for a row that is not spoilt. */
const good = -1;

/** How often to look for a good row to copy an id from: a bad row is missed with a chance of 2⁻³² at the most. */
const duplicateTries = 32;

/** Decides which rows are bad, spoils them, and counts them. */
export class BadRows {
  readonly counts = Object.fromEntries(badRowKinds.map((kind) => [kind, 0])) as BadRowCounts;
  /** Upper ends of the intervals of [0, 1) that mean a kind. */
  private readonly ends: Float64Array;
  private readonly kinds = new Int8Array(blockRows);
  private readonly otherKinds = new Int8Array(blockRows);

  constructor(
    private readonly settings: GenerateSettings,
    private readonly enumerations: TaskEnumerations,
  ) {
    let end = 0;
    this.ends = Float64Array.from(badRowKinds, (kind) => {
      end += settings.badRows[kind];
      return end;
    });
  }

  /** Spoils the bad rows of a block that was written at `offset`. */
  spoil(columns: TaskColumns, offset: number, block: number, rows: number, times: BlockTimes): void {
    this.drawKinds(block, this.kinds);
    const values = new RandomStream(this.settings.seed, streams.badValue, block);
    for (let i = 0; i < rows; i += 1) {
      const index = this.kinds[i] as number;
      if (index === good) continue;
      const kind = badRowKinds[index] as BadRowKind;
      if (this.apply(kind, columns, offset + i, times, i, values)) this.counts[kind] += 1;
    }
  }

  /** Index of each row's kind among {@link badRowKinds}, or {@link good}. */
  private drawKinds(block: number, kinds: Int8Array): void {
    const draws = new RandomStream(this.settings.seed, streams.badKind, block);
    const { ends } = this;
    const anyBad = ends[ends.length - 1] as number;
    for (let i = 0; i < blockRows; i += 1) {
      const uniform = draws.uniform();
      kinds[i] = uniform < anyBad ? ends.findIndex((end) => uniform < end) : good;
    }
  }

  private apply(
    kind: BadRowKind,
    columns: TaskColumns,
    row: number,
    times: BlockTimes,
    i: number,
    values: RandomStream,
  ): boolean {
    const pick = (count: number) => Math.trunc(values.uniform() * count);
    switch (kind) {
      case 'missingKey': {
        const keys = [columns.hasTaskId, columns.hasProjectId, columns.hasUserId];
        keys[pick(keys.length)]?.set(row, false);
        return true;
      }
      case 'duplicateId': {
        const other = this.goodRow(pick);
        if (other !== undefined) columns.taskId.set(row, other + 1);
        return other !== undefined;
      }
      case 'unknownReference': {
        const beyond = 1 + pick(1000);
        if (pick(2) === 0) columns.projectId[row] = this.settings.projects + beyond;
        else columns.userId[row] = this.settings.users + beyond;
        return true;
      }
      case 'badEnum': {
        const names = (['taskType', 'priority', 'status'] as const)[pick(3)] ?? 'status';
        columns[names][row] = this.enumerations[names].length - 1;
        return true;
      }
      case 'negativeDuration':
        columns.durationHours[row] = -(times.hours[i] as number);
        columns.hasDuration.set(row, true);
        return true;
      case 'reversedTimes':
        columns.startedAt.set(row, (times.finished[i] as number) * 1000);
        columns.hasStarted.set(row, true);
        columns.finishedAt.set(row, (times.started[i] as number) * 1000);
        columns.hasFinished.set(row, true);
        return true;
      case 'outOfRange':
        if (pick(2) === 0) columns.complexity[row] = [0, 6, 7, 8, 9][pick(5)] ?? 0;
        else columns.estimatedHours[row] = 10_000 + pick(90_000);
        return true;
    }
  }

  /** A good row anywhere in the data, by number from 0: its block's kinds are drawn again to know. */
  private goodRow(pick: (count: number) => number): number | undefined {
    for (let attempt = 0; attempt < duplicateTries; attempt += 1) {
      const row = pick(this.settings.records);
      this.drawKinds(Math.trunc(row / blockRows), this.otherKinds);
      if ((this.otherKinds[row % blockRows] as number) === good) return row;
    }
    return undefined;
  }
}
