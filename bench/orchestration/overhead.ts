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
  dagId: string;
  /** The DAG's file. */
  yaml: string;
  /** Workflow of bare-workflows.ts and its argument. */
  bare: { type: 'chain' | 'fanOut'; size: number };
};

function chainCase(name: string, size: number, runs = 1): Case {
  const dagId = `chain-${size}`;
  return { name, tasks: size * runs, runs, dagId, yaml: chain(dagId, size), bare: { type: 'chain', size } };
}

function fanOutCase(name: string, size: number, kind: 'fan-out' | 'mapped' = 'fan-out'): Case {
  const dagId = `${kind}-${size}`;
  const yaml = (kind === 'mapped' ? mapped : fanOut)(dagId, size);
  return { name, tasks: size + 1, runs: 1, dagId, yaml, bare: { type: 'fanOut', size } };
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
        const measured = await measure(side, loadOf(side, result.case));
        process.stderr.write(
          `${round === 0 ? 'warm-up' : `round ${round}`}: ${result.case.name}, ${side.name}: ${measured.seconds.toFixed(2)} s\n`,
        );
        if (round > 0) result[side === nightjar ? 'nightjar' : 'bare'].push(measured);
      }
    }
  }
  return results;
}

function loadOf(side: Side, { dagId, runs, bare }: Case) {
  const id = randomUUID();
  const workflowIds = Array.from({ length: runs }, (_, index) => `${dagId}/${id}-${index}`);
  return side.name === 'Nightjar'
    ? { type: dagId, args: [], workflowIds }
    : { type: bare.type, args: [bare.size], workflowIds: workflowIds.map((each) => `bare/${each}`) };
}
