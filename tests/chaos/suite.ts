import { isDeepStrictEqual } from 'node:util';
import { Dice } from './dice.js';
import { planFaults, strike } from './faults.js';
import { leftovers, type Result, resultOf } from './findings.js';
import { type Scenario, scenarios } from './scenarios.js';
import { Site } from './site.js';

/** Scenarios that run side by side in a trial. */
const sideBySide = 3;

/** How long a trial may take in all, in milliseconds: what takes longer hangs. */
const trialTimeout = 600_000;

export type ChaosOptions = {
  /** Runs under faults; a trial is some of them side by side. */
  runs: number;
  seed: number;
  /** Only scenarios with these names. Default: all. */
  only?: readonly string[];
  /** Leaves logs and data where they are. */
  keep?: boolean;
  tell: (line: string) => void;
};

export type ChaosReport = {
  runs: number;
  trials: number;
  /** Processes that were killed. */
  kills: number;
  /** How often each kind of fault struck. */
  faults: Record<string, number>;
  /** How many runs of each scenario were disturbed. */
  scenarios: Record<string, number>;
  /** What was wrong, a line each. */
  problems: string[];
  /** Kinds of faults that could not be had on this machine, and why. */
  leftOut: string[];
  folder: string;
};

/**
 * Runs scenarios undisturbed, then again and again under faults, and compares: results must be the same, and nothing may be left
 * behind. What happens when hangs on the seed alone; what it meets hangs on the machine.
 */
export async function chaos({ runs, seed, only, keep = false, tell }: ChaosOptions): Promise<ChaosReport> {
  const dice = new Dice(seed);
  const chosen = scenarios(seed).filter(({ name }) => only === undefined || only.includes(name));
  const [first, ...others] = chosen;
  if (first === undefined) throw new Error(`there is no such scenario: ${only?.join(', ')}`);
  const site = await Site.start(chosen);
  const report: ChaosReport = {
    runs: 0,
    trials: 0,
    kills: 0,
    faults: {},
    scenarios: {},
    problems: [],
    leftOut: site.hasDisk ? [] : ['full disk: only root may mount a disk for it'],
    folder: site.folder,
  };
  try {
    const expected = new Map<Scenario, Undisturbed>();
    const calm = async (scenario: Scenario): Promise<Undisturbed> => {
      const known = expected.get(scenario) ?? (await undisturbed(site, scenario, expected.size, tell));
      expected.set(scenario, known);
      return known;
    };
    while (report.runs < runs) {
      report.trials++;
      const size = Math.min(sideBySide, runs - report.runs);
      const drawn = Array.from({ length: size }, () => dice.pick([first, ...others]));
      const wanted: Undisturbed[] = [];
      for (const scenario of drawn) wanted.push(await calm(scenario));
      const faults = planFaults(dice, site.hasDisk, Math.max(...wanted.map(({ ms }) => ms)));
      tell(
        `trial ${report.trials}: ${drawn.map(({ name }) => name).join(', ')}; ${faults.map(({ fault, atMs }) => `${fault.name} at ${(atMs / 1000).toFixed(1)} s`).join(', ')}`,
      );
      const problems = await trial(site, report.trials, drawn, wanted, () => strike(site, dice, faults));
      report.runs += size;
      for (const { fault } of faults) {
        report.kills += fault.kills ?? 0;
        count(report.faults, fault.name);
      }
      for (const { name } of drawn) count(report.scenarios, name);
      for (const problem of problems) tell(`  ✗ ${problem}`);
      report.problems.push(...problems.map((problem) => `trial ${report.trials}: ${problem}`));
    }
  } finally {
    await site.stop(keep || report.problems.length > 0);
  }
  return report;
}

type Undisturbed = { results: Result[]; ms: number };

/** The numbers of undisturbed runs are apart from those of trials. */
const calmNumber = 900;

async function undisturbed(
  site: Site,
  scenario: Scenario,
  index: number,
  tell: (line: string) => void,
): Promise<Undisturbed> {
  const began = Date.now();
  const results = await resultsOf(site, await scenario.run(site, `calm-${calmNumber + index}`));
  const ms = Date.now() - began;
  tell(`${scenario.name}, undisturbed: ${(ms / 1000).toFixed(1)} s`);
  const broken = results.find(({ state }) => state !== 'success');
  if (broken !== undefined) throw new Error(`${scenario.name} fails undisturbed: ${broken.state}`);
  return { results, ms };
}

async function resultsOf(site: Site, workflowIds: readonly string[]): Promise<Result[]> {
  const results: Result[] = [];
  for (const workflowId of workflowIds) results.push(await resultOf(site, workflowId));
  return results;
}

/** Runs scenarios side by side under faults. @returns what was wrong, a line each */
async function trial(
  site: Site,
  number: number,
  drawn: readonly Scenario[],
  expected: readonly Undisturbed[],
  strikes: () => Promise<void>,
): Promise<string[]> {
  const runs = drawn.map(async (scenario, index): Promise<string[]> => {
    try {
      const ids = await scenario.run(site, `trial-${number * sideBySide + index}`);
      const found = await resultsOf(site, ids);
      return found.flatMap((result, place) =>
        differences(result, expected[index]?.results[place]).map(
          (difference) => `${ids[place]}: ${difference}`,
        ),
      );
    } catch (error) {
      return [`${scenario.name}: ${error instanceof Error ? error.message : error}`];
    }
  });
  let timer: NodeJS.Timeout | undefined;
  const hangs = new Promise<string[]>((resolve) => {
    timer = setTimeout(
      () => resolve([`the runs have not ended after ${trialTimeout / 1000} s`]),
      trialTimeout,
    );
  });
  const ended = Promise.all([Promise.all(runs), strikes()]).then(([problems]) => problems.flat());
  const problems = await Promise.race([ended, hangs]);
  clearTimeout(timer);
  return [...problems, ...(await leftovers(site))];
}

function differences(found: Result, expected: Result | undefined): string[] {
  if (expected === undefined) return ['there is no such run without faults'];
  return (['state', 'tasks', 'data', 'said'] as const).flatMap((part) =>
    isDeepStrictEqual(found[part], expected[part])
      ? []
      : [`${part} ${text(found[part])}, expected ${text(expected[part])}`],
  );
}

/** Counts by DuckDB are bigints. */
const text = (value: unknown): string =>
  JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? String(inner) : inner));

const count = (counts: Record<string, number>, name: string): void => {
  counts[name] = (counts[name] ?? 0) + 1;
};
