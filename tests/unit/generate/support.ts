import type { z } from 'zod';
import { drawProjects, drawUsers } from '../../../activities/operators/generate-task-logs/population.js';
import { blockRows } from '../../../activities/operators/generate-task-logs/random-stream.js';
import { TaskColumns } from '../../../activities/operators/generate-task-logs/task-columns.js';
import { TaskGenerator } from '../../../activities/operators/generate-task-logs/task-generator.js';
import {
  type ShardResult,
  writeShard,
} from '../../../activities/operators/generate-task-logs/write-shard.js';
import { type GenerateSettings, generateSettings } from '../../../config/sections/generate.js';

/** Settings as a user writes them: what is left out has its default. */
export type Overrides = z.input<typeof generateSettings>;

export const noBadRows = {
  missingKey: 0,
  duplicateId: 0,
  unknownReference: 0,
  badEnum: 0,
  negativeDuration: 0,
  reversedTimes: 0,
  outOfRange: 0,
};

/**
 * One kind of task, user and project, without noise of their own: what is left of a distribution is the part that a
 * test switches on.
 */
export const plain = {
  taskTypes: { work: { share: 1, medianHours: 10 } },
  priorities: { normal: { share: 1, medianWaitHours: 12 } },
  seniorities: { mid: { share: 1, durationFactor: 1, tenureYears: [0, 1] } },
  projectProfiles: { usual: { share: 1, durationFactor: 1, overrunFactor: 1, complexityShift: 0 } },
  complexity: { effect: 0 },
  duration: { sigma: 0, projectSigma: 0, overrunSigma: 0, userSigma: 0 },
  badRows: noBadRows,
} satisfies Overrides;

/** Writes all shards to one folder. */
export async function writeAll(folder: string, overrides: Overrides, shards = 1): Promise<ShardResult[]> {
  const settings = generateSettings.parse(overrides);
  const results: ShardResult[] = [];
  for (let shard = 0; shard < shards; shard += 1) {
    results.push(await writeShard({ settings, shard, shards, folder }));
  }
  return results;
}

/** All rows in memory, with durations and times that the files hide behind nulls. */
export function draw(overrides: Overrides) {
  const settings = generateSettings.parse(overrides);
  const projects = drawProjects(settings);
  const users = drawUsers(settings);
  const generator = new TaskGenerator(settings, projects, users);
  const blocks = Math.ceil(settings.records / blockRows);
  const columns = new TaskColumns(blocks * blockRows, generator.enumerations);
  for (let block = 0; block < blocks; block += 1) generator.fill(columns, block * blockRows, block);
  const rows = Array.from({ length: settings.records }, (_, i) => i);
  return { settings, projects, users, columns, rows, statusNames: generator.enumerations.status };
}

/** How often each of 0…count−1 occurs. */
export function frequencies(values: Iterable<number>, count: number): number[] {
  const found = new Array<number>(count).fill(0);
  for (const value of values) found[value] = (found[value] ?? 0) + 1;
  return found;
}

/** Pearson's statistic: sum of (observed − expected)² / expected, for expected frequencies in proportion to `weights`. */
export function chiSquare(observed: readonly number[], weights: readonly number[]): number {
  const total = sum(observed);
  const weight = sum(weights);
  return sum(
    observed.map((count, i) => {
      const expected = (total * (weights[i] ?? 0)) / weight;
      return expected === 0
        ? count === 0
          ? 0
          : Number.POSITIVE_INFINITY
        : (count - expected) ** 2 / expected;
    }),
  );
}

/** Upper 0.1 % point of the chi-square distribution, by the approximation of Wilson and Hilferty (1931). */
export function chiSquareLimit(degreesOfFreedom: number): number {
  const spread = 2 / (9 * degreesOfFreedom);
  return degreesOfFreedom * (1 - spread + 3.09 * Math.sqrt(spread)) ** 3;
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

export type { GenerateSettings };
