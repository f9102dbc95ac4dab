import {
  linearRegression,
  median,
  quantile,
  rSquared,
  sampleCorrelation,
  standardDeviation,
} from 'simple-statistics';
import { describe, expect, it } from 'vitest';
import {
  chiSquare,
  chiSquareLimit,
  draw,
  frequencies,
  noBadRows,
  type Overrides,
  plain,
  sum,
} from './support.js';

const hourMs = 3_600_000;
const normalQuantiles = {
  0.01: -2.3263,
  0.05: -1.6449,
  0.25: -0.6745,
  0.5: 0,
  0.75: 0.6745,
  0.95: 1.6449,
  0.99: 2.3263,
};

/** Checks that values have the quantiles of a normal distribution, to within `tolerance` standard deviations. */
function expectNormal(values: number[], centre: number, sigma: number, tolerance: number): void {
  for (const [p, z] of Object.entries(normalQuantiles)) {
    expect(Math.abs((quantile(values, Number(p)) - centre) / sigma - z)).toBeLessThan(tolerance);
  }
}

const milliseconds = (value: bigint | undefined) => Number(value) / 1000;

describe('who is busy', () => {
  it.each([0, 0.6, 1.2])('follows Zipf’s law with exponent %d, for projects and users', (exponent) => {
    const { columns, settings } = draw({
      records: 100_000,
      projects: 50,
      users: 100,
      activity: { projectExponent: exponent, userExponent: exponent },
      badRows: noBadRows,
    });
    for (const [ids, count] of [
      [columns.projectId, settings.projects],
      [columns.userId, settings.users],
    ] as const) {
      const byId = frequencies(
        Array.from(ids.subarray(0, settings.records), (id) => id - 1),
        count,
      );
      const ranked = byId.toSorted((a, b) => b - a);
      const { m: slope } = linearRegression(ranked.map((tasks, i) => [Math.log(i + 1), Math.log(tasks)]));
      expect(-slope).toBeCloseTo(exponent, 1);
      // Which id is busiest is drawn: it isn't the order of the ids.
      if (exponent > 0) expect(byId).not.toEqual(ranked);
    }
  });
});

describe('when tasks are created', () => {
  const records = 100_000;
  const steady = { growthPerYear: 1, dailySigma: 0 };

  it('has the weekday and hour cycles of the settings', () => {
    // 364 days: all weekdays equally often.
    const { columns, rows, settings } = draw({ ...plain, records, period: { days: 364 }, calendar: steady });
    const created = rows.map((row) => new Date(milliseconds(columns.createdAt.values[row])));
    const weekdays = frequencies(
      created.map((moment) => (moment.getUTCDay() + 6) % 7),
      7,
    );
    const hours = frequencies(
      created.map((moment) => moment.getUTCHours()),
      24,
    );
    expect(chiSquare(weekdays, settings.calendar.weekdays)).toBeLessThan(chiSquareLimit(6));
    expect(chiSquare(hours, settings.calendar.hours)).toBeLessThan(chiSquareLimit(23));
    // Cycles that the data must not have been made with.
    expect(chiSquare(weekdays, new Array(7).fill(1))).toBeGreaterThan(chiSquareLimit(6));
    expect(chiSquare(hours, settings.calendar.hours.toReversed())).toBeGreaterThan(chiSquareLimit(23));
  });

  it('grows by the yearly factor, with noise from day to day, in the order of ids', () => {
    const calendar = { growthPerYear: 3, dailySigma: 0.2, weekdays: new Array(7).fill(1) };
    const { columns, rows, settings } = draw({ ...plain, records, period: { days: 730 }, calendar });
    const start = Date.parse(settings.period.start);
    const created = rows.map((row) => milliseconds(columns.createdAt.values[row]) - start);
    expect(created.every((moment, i) => i === 0 || moment >= (created[i - 1] ?? 0))).toBe(true);
    const daily = frequencies(
      created.map((moment) => Math.floor(moment / (24 * hourMs))),
      730,
    );
    const points = daily.map((tasks, day): [number, number] => [day / 365, Math.log(tasks)]);
    const { m: slope, b: intercept } = linearRegression(points);
    expect(Math.exp(slope)).toBeCloseTo(3, 0);
    const residuals = points.map(([year, tasks]) => tasks - slope * year - intercept);
    // The noise asked for, and that of counting some 100 tasks a day.
    expect(standardDeviation(residuals)).toBeGreaterThan(0.17);
    expect(standardDeviation(residuals)).toBeLessThan(0.27);
  });
});

describe('how long tasks take', () => {
  const records = 60_000;

  it('is log-normal around the median of the type, with the tails of sigma', () => {
    const { columns, rows } = draw({ ...plain, records, duration: { ...plain.duration, sigma: 0.6 } });
    const logs = rows.map((row) => Math.log((columns.durationHours[row] ?? 0) / 10));
    expectNormal(logs, 0, 0.6, 0.05);
    const hours = rows.map((row) => columns.durationHours[row] ?? 0);
    expect(sum(hours) / records / (10 * Math.exp(0.6 ** 2 / 2))).toBeCloseTo(1, 1.5);
  });

  it('multiplies by type, complexity, seniority, project profile and overrun', () => {
    const { columns, rows, projects, users, settings } = draw({
      ...plain,
      records,
      taskTypes: { short: { share: 1, medianHours: 2 }, long: { share: 2, medianHours: 20 } },
      complexity: { effect: 0.4 },
      seniorities: {
        junior: { share: 1, durationFactor: 2, tenureYears: [0, 1] },
        senior: { share: 1, durationFactor: 0.5, tenureYears: [5, 6] },
      },
      projectProfiles: {
        easy: { share: 1, durationFactor: 0.7, overrunFactor: 1, complexityShift: -1 },
        hard: { share: 1, durationFactor: 1.4, overrunFactor: 1.5, complexityShift: 1 },
      },
    });
    for (const row of rows.slice(0, 2000)) {
      const profile = projects.profile[(columns.projectId[row] ?? 0) - 1] === 0 ? 0.7 : 1.4 * 1.5;
      const seniority = users.seniority[(columns.userId[row] ?? 0) - 1] === 0 ? 2 : 0.5;
      const type = columns.taskType[row] === 0 ? 2 : 20;
      const expected = type * Math.exp(0.4 * ((columns.complexity[row] ?? 0) - 3)) * seniority * profile;
      expect(Math.abs((columns.durationHours[row] ?? 0) - expected)).toBeLessThan(0.0051);
    }
    // Tilted by the profile: weight × exp(shift × (level − 3)).
    for (const [profile, shift] of [-1, 1].entries()) {
      const ofProfile = rows.filter((row) => projects.profile[(columns.projectId[row] ?? 0) - 1] === profile);
      const levels = frequencies(
        ofProfile.map((row) => (columns.complexity[row] ?? 0) - 1),
        5,
      );
      const weights = settings.complexity.shares.map((share, i) => share * Math.exp(shift * (i - 2)));
      expect(chiSquare(levels, weights)).toBeLessThan(chiSquareLimit(4));
    }
  });

  it('differs lastingly between projects and users', () => {
    const duration = { sigma: 0, projectSigma: 0.3, overrunSigma: 0.1, userSigma: 0.2 };
    const { projects, users } = draw({ ...plain, records: 1, projects: 5000, users: 5000, duration });
    expectNormal(Array.from(projects.logFactor), 0, 0.3, 0.1);
    expectNormal(Array.from(projects.logOverrun), 0, 0.1, 0.1);
    expectNormal(Array.from(users.logFactor), 0, 0.2, 0.1);
    expect(
      Math.abs(sampleCorrelation(Array.from(projects.logFactor), Array.from(projects.logOverrun))),
    ).toBeLessThan(0.05);
  });

  it('is estimated with the bias, foresight and noise of the settings', () => {
    const estimate = { bias: 0.7, insight: 0.25, sigma: 0.3 };
    const { columns, rows } = draw({
      ...plain,
      taskTypes: { work: { share: 1, medianHours: 100 } },
      records,
      duration: { ...plain.duration, sigma: 0.4 },
      estimate,
    });
    const ratios = rows.map((row) =>
      Math.log((columns.estimatedHours[row] ?? 0) / (columns.durationHours[row] ?? 1)),
    );
    expectNormal(ratios, Math.log(0.7), Math.hypot(0.75 * 0.4, 0.3), 0.05);
    const logs = (values: Float64Array) => Array.from(values.subarray(0, records), Math.log);
    const foreseen = (0.25 * 0.4) / Math.hypot(0.25 * 0.4, 0.3);
    expect(sampleCorrelation(logs(columns.estimatedHours), logs(columns.durationHours))).toBeCloseTo(
      foreseen,
      1.5,
    );
    expect(rows.every((row) => Number.isInteger((columns.estimatedHours[row] ?? 0.1) * 4))).toBe(true);
  });
});

describe('how tasks go', () => {
  const records = 60_000;

  it('waits log-normally by priority, and takes longer by the clock than in hours of work', () => {
    const { columns, rows } = draw({
      ...plain,
      records,
      priorities: { soon: { share: 1, medianWaitHours: 1 }, later: { share: 1, medianWaitHours: 50 } },
      wait: { sigma: 0.8 },
      elapsed: { idle: 1.5, sigma: 0.4 },
    });
    const { createdAt, startedAt, finishedAt, priority } = columns;
    const waits = rows.map(
      (row) => (milliseconds(startedAt.values[row]) - milliseconds(createdAt.values[row])) / hourMs,
    );
    for (const [index, hours] of [1, 50].entries()) {
      const logs = rows.filter((row) => priority[row] === index).map((row) => Math.log(waits[row] ?? 0));
      expectNormal(logs, Math.log(hours), 0.8, 0.06);
    }
    const idle = rows.map((row) => {
      const elapsed = (milliseconds(finishedAt.values[row]) - milliseconds(startedAt.values[row])) / hourMs;
      return elapsed / (columns.durationHours[row] ?? 0) - 1;
    });
    expectNormal(idle.map(Math.log), Math.log(1.5), 0.4, 0.05);
  });

  it('makes a status likelier by the power of the overrun that the settings say', () => {
    const overrides: Overrides = {
      ...plain,
      records: 200_000,
      estimate: { bias: 1, insight: 0, sigma: 0.4 },
      // So long a period that its end cuts off next to nothing.
      period: { days: 3650 },
      calendar: { growthPerYear: 1 },
    };
    const { columns, rows, settings, statusNames } = draw(overrides);
    const steps = rows.map((row) =>
      Math.round(Math.log((columns.durationHours[row] ?? 0) / (columns.estimatedHours[row] ?? 1)) / 0.2),
    );
    const count = (step: number, name: string) =>
      rows.filter((row) => steps[row] === step && statusNames[columns.status[row] ?? -1] === name).length;
    for (const [name, { weight, overrunSlope }] of Object.entries(settings.statuses)) {
      if (name === 'done') continue;
      const points = [-3, -2, -1, 0, 1, 2, 3].map((step): [number, number] => [
        step * 0.2,
        Math.log(count(step, name) / count(step, 'done')),
      ]);
      const { m: slope, b: intercept } = linearRegression(points);
      expect(Math.abs(slope - overrunSlope)).toBeLessThan(0.2);
      expect(Math.abs(intercept - Math.log(weight / settings.statuses.done.weight))).toBeLessThan(0.1);
    }
  });

  it('leaves open what would have ended after the period, and nulls what a status does not know', () => {
    const { columns, rows, settings, statusNames } = draw({
      records: 20_000,
      badRows: noBadRows,
      period: { days: 30 },
    });
    const end = Date.parse(settings.period.start) + 30 * 24 * hourMs;
    const has = (validity: { bytes: Uint8Array }, row: number) =>
      (((validity.bytes[row >> 3] ?? 0) >> (row & 7)) & 1) === 1;
    const lateness = { todo: 0, in_progress: 0 };
    for (const row of rows) {
      const status = statusNames[columns.status[row] ?? -1] ?? '';
      const started = milliseconds(columns.startedAt.values[row]);
      const finished = milliseconds(columns.finishedAt.values[row]);
      expect(has(columns.hasStarted, row)).toBe(status !== 'todo');
      expect(has(columns.hasFinished, row)).toBe(status === 'done' || status === 'cancelled');
      expect(has(columns.hasDuration, row)).toBe(status === 'done');
      expect(started).toBeGreaterThan(milliseconds(columns.createdAt.values[row]) - 1);
      expect(finished).toBeGreaterThan(started);
      if (has(columns.hasStarted, row)) expect(started).toBeLessThanOrEqual(end);
      else if (started > end) lateness.todo += 1;
      if (has(columns.hasFinished, row)) expect(finished).toBeLessThanOrEqual(end);
      else if (status === 'in_progress' && finished > end) lateness.in_progress += 1;
    }
    expect(lateness.todo).toBeGreaterThan(100);
    expect(lateness.in_progress).toBeGreaterThan(100);
  });
});

describe('what models find in data of the default settings', () => {
  const { columns, rows, projects, statusNames } = draw({ records: 100_000, badRows: noBadRows });
  const done = rows.filter((row) => statusNames[columns.status[row] ?? -1] === 'done');
  const hours = (row: number) => columns.durationHours[row] ?? 0;

  it('durations that a regression explains far better than a mean per type, but not fully', () => {
    const byType = new Map<number, number[]>();
    for (const row of done) {
      const type = columns.taskType[row] ?? 0;
      byType.set(type, [...(byType.get(type) ?? []).slice(-5000), hours(row)]);
    }
    const means = new Map([...byType].map(([type, values]) => [type, sum(values) / values.length]));
    const actual = done.map((row): [number, number] => [row, hours(row)]);
    const baseline = rSquared(actual, (row: number) => means.get(columns.taskType[row] ?? 0) ?? 0);
    const line = linearRegression(done.map((row) => [columns.estimatedHours[row] ?? 0, hours(row)]));
    const informed = rSquared(actual, (row: number) => line.m * (columns.estimatedHours[row] ?? 0) + line.b);
    expect(baseline).toBeGreaterThan(0.1);
    expect(baseline).toBeLessThan(0.45);
    expect(informed).toBeGreaterThan(baseline + 0.2);
    expect(informed).toBeLessThan(0.95);
  });

  it('projects whose overruns and hours cluster by profile', () => {
    const byProject = new Map<number, number[]>();
    for (const row of done) {
      const project = (columns.projectId[row] ?? 0) - 1;
      const ratios = byProject.get(project) ?? [];
      ratios.push(hours(row) / (columns.estimatedHours[row] ?? 1));
      byProject.set(project, ratios);
    }
    const typical = [...byProject].map(([project, ratios]) => ({
      profile: projects.profile[project] ?? 0,
      overrun: median(ratios),
    }));
    const ofProfile = (profile: number) =>
      typical.filter((each) => each.profile === profile).map(({ overrun }) => overrun);
    const [routine, , , troubled] = [0, 1, 2, 3].map(ofProfile);
    expect(Math.min(...(troubled ?? []))).toBeGreaterThan(Math.max(...(routine ?? [])));
    for (const profile of [0, 1, 2, 3]) expect(ofProfile(profile).length).toBeGreaterThan(5);
  });
});
