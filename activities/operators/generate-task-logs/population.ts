import type { GenerateSettings } from '../../../config/sections/generate.js';
import { AliasTable, zipfWeights } from './alias-table.js';
import { RandomStream, streams } from './random-stream.js';

const dayMs = 86_400_000;

/** Projects by index; `project_id` is the index + 1. */
export type Projects = {
  /** Relative share of the tasks. */
  activity: Float64Array;
  /** Index among `projectProfiles`. */
  profile: Uint8Array;
  /** What the project adds to ln(hours) of estimates and durations. */
  logFactor: Float64Array;
  /** What it adds to ln(hours) of durations alone. */
  logOverrun: Float64Array;
  /** Days since 1970. */
  startedOn: Int32Array;
  budgetHours: Float64Array;
};

/** Users by index; `user_id` is the index + 1. */
export type Users = {
  activity: Float64Array;
  /** Index among `seniorities`. */
  seniority: Uint8Array;
  logFactor: Float64Array;
  /** Days since 1970. */
  hiredOn: Int32Array;
};

/** Projects start up to two years before the period. */
const longestHeadStartDays = 730;
/** Noise of budgets around the expected hours. */
const budgetSigma = 0.3;

/** Draws the projects; every shard draws the same ones. */
export function drawProjects(settings: GenerateSettings): Projects {
  const count = settings.projects;
  const random = new RandomStream(settings.seed, streams.projects);
  const noise = random.fillNormals(new Float64Array(3 * count));
  const profiles = Object.values(settings.projectProfiles);
  const profileTable = new AliasTable(profiles.map(({ share }) => share));
  const activity = shuffle(zipfWeights(count, settings.activity.projectExponent), random);
  const tasksPerWeight = settings.records / activity.reduce((sum, weight) => sum + weight, 0);
  const firstDay = Date.parse(settings.period.start) / dayMs;
  const hours = typicalMeanHours(settings);
  const projects: Projects = {
    activity,
    profile: new Uint8Array(count),
    logFactor: new Float64Array(count),
    logOverrun: new Float64Array(count),
    startedOn: new Int32Array(count),
    budgetHours: new Float64Array(count),
  };
  for (let i = 0; i < count; i += 1) {
    const index = profileTable.sample(random.uniform());
    const profile = profiles[index] as (typeof profiles)[number];
    const factor = Math.log(profile.durationFactor) + settings.duration.projectSigma * (noise[i] as number);
    const expected = (activity[i] as number) * tasksPerWeight * hours * Math.exp(factor);
    projects.profile[i] = index;
    projects.logFactor[i] = factor;
    projects.logOverrun[i] =
      Math.log(profile.overrunFactor) + settings.duration.overrunSigma * (noise[2 * count + i] as number);
    projects.startedOn[i] = firstDay - Math.trunc(random.uniform() * longestHeadStartDays);
    projects.budgetHours[i] = Math.max(
      10,
      Math.round((expected * Math.exp(budgetSigma * (noise[count + i] as number))) / 10) * 10,
    );
  }
  return projects;
}

/** Draws the users; every shard draws the same ones. */
export function drawUsers(settings: GenerateSettings): Users {
  const count = settings.users;
  const random = new RandomStream(settings.seed, streams.users);
  const noise = random.fillNormals(new Float64Array(count));
  const seniorities = Object.values(settings.seniorities);
  const seniorityTable = new AliasTable(seniorities.map(({ share }) => share));
  const firstDay = Date.parse(settings.period.start) / dayMs;
  const users: Users = {
    activity: shuffle(zipfWeights(count, settings.activity.userExponent), random),
    seniority: new Uint8Array(count),
    logFactor: new Float64Array(count),
    hiredOn: new Int32Array(count),
  };
  for (let i = 0; i < count; i += 1) {
    const index = seniorityTable.sample(random.uniform());
    const { durationFactor, tenureYears } = seniorities[index] as (typeof seniorities)[number];
    const [least, most] = tenureYears;
    users.seniority[i] = index;
    users.logFactor[i] = Math.log(durationFactor) + settings.duration.userSigma * (noise[i] as number);
    users.hiredOn[i] = firstDay - Math.round((least + random.uniform() * (most - least)) * 365);
  }
  return users;
}

/** Mean hours of a task of a project with factor 1: type and complexity vary, the mean of a log-normal is exp(σ²/2) medians. */
function typicalMeanHours({ taskTypes, complexity, duration }: GenerateSettings): number {
  const byType = weightedMean(Object.values(taskTypes).map(({ share, medianHours }) => [share, medianHours]));
  const byLevel = weightedMean(
    complexity.shares.map((share, i) => [share, Math.exp(complexity.effect * (i - 2))]),
  );
  return byType * byLevel * Math.exp((duration.sigma ** 2 + duration.userSigma ** 2) / 2);
}

function weightedMean(pairs: (readonly [weight: number, value: number])[]): number {
  const total = pairs.reduce((sum, [weight]) => sum + weight, 0);
  return pairs.reduce((sum, [weight, value]) => sum + weight * value, 0) / total;
}

/** Fisher–Yates, in place. */
function shuffle(values: Float64Array, random: RandomStream): Float64Array {
  for (let i = values.length - 1; i > 0; i -= 1) {
    const j = Math.trunc(random.uniform() * (i + 1));
    const kept = values[i] as number;
    values[i] = values[j] as number;
    values[j] = kept;
  }
  return values;
}
