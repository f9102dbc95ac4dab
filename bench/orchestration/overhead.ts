import { randomUUID } from 'node:crypto';
import { chain, fanOut, mapped } from './dags.js';
import { type Measured, measure, type Side } from './side.js';

/** The same work on both sides. */
export type Case = {
  name: string;
  /** Activities in all runs together. */
  tasks: number;
  /** Runs at once. */
  runs: number;
  /** How often it is repeated in a round, whose mean counts: what is short varies more, and is less than a tick of CPU time. */
  repeats: number;
  dagId: string;
  /** The DAG's file. */
  yaml: string;
  /** Workflow of bare-workflows.ts and its argument. */
  bare: { type: 'chain' | 'fanOut'; size: number };
};

/** A round of a case that takes longer than a second needs no repetition. */
const repeatsOf = (tasks: number): number => Math.max(1, Math.min(10, Math.floor(400 / tasks)));

function chainCase(name: string, size: number, runs = 1): Case {
  const dagId = `chain-${size}`;
  const tasks = size * runs;
  const bare = { type: 'chain', size } as const;
  return { name, tasks, runs, repeats: repeatsOf(tasks), dagId, yaml: chain(dagId, size), bare };
}

function fanOutCase(name: string, size: number, kind: 'fan-out' | 'mapped' = 'fan-out'): Case {
  const dagId = `${kind}-${size}`;
  const tasks = size + 1;
  const yaml = (kind === 'mapped' ? mapped : fanOut)(dagId, size);
  return { name, tasks, runs: 1, repeats: repeatsOf(tasks), dagId, yaml, bare: { type: 'fanOut', size } };
}

export const cases: readonly Case[] = [
  chainCase('one task', 1),
  chainCase('chain of 40', 40),
  fanOutCase('100 tasks below a root', 100),
  fanOutCase('1,000 tasks below a root', 1000),
  fanOutCase('a task mapped 1,000 times below a root', 1000, 'mapped'),
  chainCase('50 runs at once, chains of 10', 10, 50),
];

/** What one case took, round by round. */
export type CaseResult = { case: Case; nightjar: Measured[]; bare: Measured[] };

/** Measures all cases on both sides in turn; who is first alternates from round to round. A round before them warms up. */
export async function measureOverhead(nightjar: Side, bare: Side, rounds: number): Promise<CaseResult[]> {
  const results = cases.map((entry): CaseResult => ({ case: entry, nightjar: [], bare: [] }));
  for (let round = 0; round <= rounds; round += 1) {
    for (const result of results) {
      for (const side of round % 2 === 0 ? [nightjar, bare] : [bare, nightjar]) {
        const measured = await measureRound(side, result.case);
        process.stderr.write(
          `${round === 0 ? 'warm-up' : `round ${round}`}: ${result.case.name}, ${side.name}: ${measured.seconds.toFixed(2)} s\n`,
        );
        if (round > 0) result[side === nightjar ? 'nightjar' : 'bare'].push(measured);
      }
    }
  }
  return results;
}

/** The mean of a case's repeats. */
async function measureRound(side: Side, entry: Case): Promise<Measured> {
  const all: Measured[] = [];
  for (let repeat = 0; repeat < entry.repeats; repeat += 1)
    all.push(await measure(side, loadOf(side, entry)));
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const meanOfKnown = (values: (number | undefined)[]): number | undefined =>
    values.includes(undefined) ? undefined : mean(values as number[]);
  return {
    seconds: mean(all.map(({ seconds }) => seconds)),
    serverCpu: meanOfKnown(all.map(({ serverCpu }) => serverCpu)),
    workerCpu: meanOfKnown(all.map(({ workerCpu }) => workerCpu)),
  };
}

function loadOf(side: Side, { dagId, runs, bare }: Case) {
  const id = randomUUID();
  const workflowIds = Array.from({ length: runs }, (_, index) => `${dagId}/${id}-${index}`);
  return side.name === 'Nightjar'
    ? { type: dagId, args: [], workflowIds }
    : { type: bare.type, args: [bare.size], workflowIds: workflowIds.map((each) => `bare/${each}`) };
}
