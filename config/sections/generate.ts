import { z } from 'zod';

const positive = z.number().positive();
/** Relative weight of one choice among its siblings: weights need not add up to 1. */
const share = positive;
/** Standard deviation of the natural logarithm of a quantity; 0 switches its noise off. */
const sigma = z.number().min(0).max(3);
const rate = z.number().min(0).max(0.5);

/** Named choices, such as the types of tasks. Names end up as values in the data. */
function choices<Choice extends z.ZodType>(choice: Choice) {
  return z
    .record(z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'expected a name of a–z, 0–9 and _'), choice)
    .refine(
      (all) => Object.keys(all).length >= 1 && Object.keys(all).length <= 100,
      'expected 1 to 100 choices',
    );
}

/** `count` weights of which at least one is positive. */
function weights(count: number) {
  return z
    .array(z.number().min(0))
    .length(count)
    .refine((all) => all.some((weight) => weight > 0), 'expected at least one weight above 0');
}

const period = z.strictObject({
  /** First day of the logs, UTC. Default 2025-01-01. */
  start: z.iso.date().default('2025-01-01'),
  /** Length in days. The logs are as seen at its end: what would have finished later is still open. Default 365. */
  days: z.int().min(1).max(3660).default(365),
});

/**
 * Who and what is busy. The k-th busiest of n gets a share of the tasks proportional to `1 / k^exponent` (Zipf's
 * law); 0 makes all equally busy. Which id is k-th is drawn from the seed.
 */
const activity = z.strictObject({
  /** Default 0.8. */
  projectExponent: z.number().min(0).max(3).default(0.8),
  /** Default 0.6. */
  userExponent: z.number().min(0).max(3).default(0.6),
});

/**
 * When tasks are created: tasks per hour are proportional to
 * `growthPerYear^(days since start / 365) × weekday weight × hour weight × exp(dailySigma × Z)`, one Z ~ N(0, 1) a day.
 */
const calendar = z.strictObject({
  /** Factor by which a day's tasks grow within 365 days; 1 is no growth. Default 1.6. */
  growthPerYear: z.number().min(0.01).max(100).default(1.6),
  /** Monday to Sunday. Default: few tasks at weekends. */
  weekdays: weights(7).default([1.15, 1.2, 1.15, 1.1, 0.9, 0.2, 0.15]),
  /** Hours 0 to 23, UTC. Default: office hours with a dip at noon. */
  hours: weights(24).default([
    0.05, 0.03, 0.02, 0.02, 0.03, 0.08, 0.2, 0.6, 1.3, 1.9, 2, 1.8, 1.1, 1.5, 1.9, 1.8, 1.5, 1.1, 0.6, 0.4,
    0.3, 0.2, 0.15, 0.1,
  ]),
  /** Day-to-day noise. Default 0.12. */
  dailySigma: sigma.default(0.12),
});

const complexity = z.strictObject({
  /** Weights of the levels 1 to 5. Default 0.15, 0.3, 0.3, 0.17, 0.08. */
  shares: weights(5).default([0.15, 0.3, 0.3, 0.17, 0.08]),
  /** Each level above 3 multiplies the duration by `exp(effect)`, each below divides it. Default 0.3. */
  effect: z.number().min(-2).max(2).default(0.3),
});

/**
 * How long the work of a task takes, in hours: log-normal, at most 1000, with
 * `ln duration = ln medianHours(type) + complexity.effect × (level − 3) + ln durationFactor(seniority)
 * + ln durationFactor(profile) + projectSigma × Z(project) + ln overrunFactor(profile) + overrunSigma × Z(project)
 * + userSigma × Z(user) + sigma × Z(task)`.
 */
const duration = z.strictObject({
  /** Noise of the single task: what no model can explain, except through the estimate. Default 0.35. */
  sigma: sigma.default(0.35),
  /** Lasting differences between projects of the same profile. Default 0.2. */
  projectSigma: sigma.default(0.2),
  /** The same, in durations but not in estimates: how well projects of a profile are planned. Default 0.08. */
  overrunSigma: sigma.default(0.08),
  /** Lasting differences between users of the same seniority. Default 0.15. */
  userSigma: sigma.default(0.15),
});

/**
 * What was estimated beforehand, in hours, rounded to quarters, 0.25 to 1000:
 * `ln estimate = (ln duration without overruns and task noise) + insight × (task noise) + ln bias + sigma × Z`.
 */
const estimate = z.strictObject({
  /** Estimated by actual hours for a typical task; below 1 people are optimists. Default 0.85. */
  bias: z.number().min(0.01).max(100).default(0.85),
  /** How much of a task's own noise the estimator foresees: 0 nothing, 1 all. Default 0.4. */
  insight: z.number().min(0).max(1).default(0.4),
  /** Noise of estimating. Default 0.25. */
  sigma: sigma.default(0.25),
});

/** From creation to start, in hours: `medianWaitHours(priority) × exp(sigma × Z)`. */
const wait = z.strictObject({
  /** Default 0.9. */
  sigma: sigma.default(0.9),
});

/**
 * From start to finish by the clock: `duration × (1 + idle × exp(sigma × Z))`; the rest is nights, weekends and
 * other tasks.
 */
const elapsed = z.strictObject({
  /** Median idle hours per hour of work. Default 2. */
  idle: z.number().min(0).max(100).default(2),
  /** Default 0.5. */
  sigma: sigma.default(0.5),
});

function status(weight: number, overrunSlope: number) {
  return z
    .strictObject({
      /** Relative weight for a task that takes as long as estimated. */
      weight: z.number().min(0).default(weight),
      /** Exponent of the overrun: positive makes the status likelier the more a task overruns. */
      overrunSlope: z.number().min(-5).max(5).default(overrunSlope),
    })
    .prefault({});
}

/**
 * How a task ends: the chance of each status is proportional to `weight × (duration / estimate)^overrunSlope`.
 * A task whose start or finish would lie after the period's end is `todo` or `in_progress` instead.
 */
const statuses = z
  .strictObject({
    /** Finished. Default 0.84, 0. */
    done: status(0.84, 0),
    /** Called off at `finished_at`, without a duration. Default 0.06, 1.2. */
    cancelled: status(0.06, 1.2),
    /** Started and waiting for something. Default 0.03, 1.5. */
    blocked: status(0.03, 1.5),
    /** Started. Default 0.04, 0.6. */
    in_progress: status(0.04, 0.6),
    /** Not started. Default 0.03, 0. */
    todo: status(0.03, 0),
  })
  .refine(
    (all) => Object.values(all).some(({ weight }) => weight > 0),
    'expected at least one weight above 0',
  );

/** Share of rows spoilt in each way, on purpose; a row is spoilt in one way at most. Default 0.4 % in all. */
const badRows = z
  .strictObject({
    /** `task_id`, `project_id` or `user_id` is null. Default 0.0006. */
    missingKey: rate.default(0.0006),
    /** `task_id` is that of another, good row. Default 0.0006. */
    duplicateId: rate.default(0.0006),
    /** `project_id` or `user_id` names none that exists. Default 0.0006. */
    unknownReference: rate.default(0.0006),
    /** `task_type`, `priority` or `status` is `n/a`. Default 0.0006. */
    badEnum: rate.default(0.0006),
    /** `duration_hours` is below 0. Default 0.0005. */
    negativeDuration: rate.default(0.0005),
    /** `finished_at` is before `started_at`. Default 0.0006. */
    reversedTimes: rate.default(0.0006),
    /** `complexity` is outside 1–5, or `estimated_hours` above 1000. Default 0.0005. */
    outOfRange: rate.default(0.0005),
  })
  .refine(
    (rates) => Object.values(rates).reduce((sum, each) => sum + each, 0) <= 0.5,
    'expected rates of at most 0.5 in all',
  );

/**
 * The `generate` section: volumes and distributions of the generated task logs. Z stands for standard normal draws,
 * each one independent of the others; everything is drawn from `seed`.
 */
export const generateSettings = z.strictObject({
  /** Rows of task logs. Default 1,000,000. */
  records: z.int().min(1).max(1_000_000_000).default(1_000_000),
  /** Rows of the dimension `projects`. Default 200. */
  projects: z.int().min(1).max(100_000).default(200),
  /** Rows of the dimension `users`. Default 500. */
  users: z.int().min(1).max(100_000).default(500),
  /** Same seed and settings, same data, whatever the number of shards. Default 42. */
  seed: z.int().min(0).max(4_294_967_295).default(42),
  /** Mapped instances that write the task logs. Default 4. */
  shards: z.int().min(1).max(1000).default(4),
  period: period.prefault({}),
  activity: activity.prefault({}),
  calendar: calendar.prefault({}),
  /** Types of tasks, with the median duration in hours of each. */
  taskTypes: choices(z.strictObject({ share, medianHours: positive.max(1000) })).default({
    feature: { share: 0.28, medianHours: 14 },
    bug: { share: 0.26, medianHours: 5 },
    review: { share: 0.16, medianHours: 1.5 },
    maintenance: { share: 0.12, medianHours: 6 },
    documentation: { share: 0.1, medianHours: 3 },
    research: { share: 0.08, medianHours: 22 },
  }),
  /** Priorities, with the median hours that tasks wait before they are started. */
  priorities: choices(z.strictObject({ share, medianWaitHours: positive.max(10_000) })).default({
    low: { share: 0.25, medianWaitHours: 72 },
    medium: { share: 0.45, medianWaitHours: 24 },
    high: { share: 0.22, medianWaitHours: 8 },
    critical: { share: 0.08, medianWaitHours: 1.5 },
  }),
  complexity: complexity.prefault({}),
  /** Seniorities of users: a factor on durations, and years between hiring and the period's start, least and most. */
  seniorities: choices(
    z.strictObject({
      share,
      durationFactor: positive.max(100),
      tenureYears: z
        .tuple([z.number().min(0).max(50), z.number().min(0).max(50)])
        .refine(([least, most]) => least <= most, 'expected the lower number of years first'),
    }),
  ).default({
    junior: { share: 0.28, durationFactor: 1.35, tenureYears: [0, 2] },
    mid: { share: 0.4, durationFactor: 1, tenureYears: [1, 6] },
    senior: { share: 0.24, durationFactor: 0.8, tenureYears: [3, 12] },
    lead: { share: 0.08, durationFactor: 0.7, tenureYears: [5, 18] },
  }),
  /**
   * Kinds of projects, not written to the data: what clustering is to find. `durationFactor` multiplies durations and
   * estimates, `overrunFactor` durations alone, `complexityShift` tilts the weight of complexity level c by
   * `exp(shift × (c − 3))`.
   */
  projectProfiles: choices(
    z.strictObject({
      share,
      durationFactor: positive.max(100),
      overrunFactor: positive.max(100),
      complexityShift: z.number().min(-3).max(3),
    }),
  ).default({
    routine: { share: 0.4, durationFactor: 0.65, overrunFactor: 0.9, complexityShift: -0.5 },
    product: { share: 0.35, durationFactor: 1.1, overrunFactor: 1.1, complexityShift: 0.1 },
    exploratory: { share: 0.15, durationFactor: 1.9, overrunFactor: 1.2, complexityShift: 0.9 },
    troubled: { share: 0.1, durationFactor: 1.2, overrunFactor: 2, complexityShift: 0.4 },
  }),
  duration: duration.prefault({}),
  estimate: estimate.prefault({}),
  wait: wait.prefault({}),
  elapsed: elapsed.prefault({}),
  statuses: statuses.prefault({}),
  badRows: badRows.prefault({}),
});

export type GenerateSettings = z.output<typeof generateSettings>;
