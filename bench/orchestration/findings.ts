import { type FigureTable, type Findings, median } from '../figures.js';
import type { AirflowResult } from './airflow.js';
import type { CaseResult } from './overhead.js';
import type { ScaleResult } from './scale.js';
import type { Measured } from './side.js';

export type OrchestrationBench = {
  machine: string;
  cases: CaseResult[];
  scale: ScaleResult[];
  airflow: AirflowResult | undefined;
};

export function orchestrationFindings({ machine, cases, scale, airflow }: OrchestrationBench): Findings {
  const rounds = cases[0]?.nightjar.length ?? 0;
  return {
    lines: [machine, ...(airflow === undefined ? [] : [airflowLine(airflow)])],
    tables: [
      comparison(cases, rounds, airflow),
      cpuTable(cases),
      {
        title: 'Seconds of every round',
        head: ['case', 'side', ...Array.from({ length: rounds }, (_, round) => `${round + 1}`)],
        rows: sides(cases, (name, side, measured) => [
          name,
          side,
          ...measured.map(({ seconds }) => seconds.toFixed(2)),
        ]),
      },
      scaleTable(scale),
    ],
  };
}

const airflowLine = ({ version, seconds }: AirflowResult): string => {
  const rounds = Object.entries(seconds).map(
    ([dagId, each]) => `${dagId} ${each.map((second) => second.toFixed(1)).join(', ')} s`,
  );
  return `Airflow ${version} standalone, LocalExecutor, SQLite: ${rounds.join('; ')}`;
};

function comparison(cases: CaseResult[], rounds: number, airflow: AirflowResult | undefined): FigureTable {
  return {
    title: `No-op activities: medians of ${rounds} rounds`,
    head: [
      'case',
      'Nightjar s',
      'bare s',
      'ratio',
      'Nightjar ms a task',
      'bare ms a task',
      ...(airflow === undefined ? [] : ['Airflow s', 'Airflow ms a task']),
    ],
    rows: cases.map((result) => {
      const { name, dagId, tasks, runs } = result.case;
      const [nightjar, bare] = [secondsOf(result.nightjar), secondsOf(result.bare)];
      const theirs = airflow?.seconds[dagId] && median(airflow.seconds[dagId]);
      const perTask = (seconds: number): string => ((seconds * 1000) / tasks).toFixed(2);
      return [
        runs === 1
          ? name
          : `${name}: ${(runs / nightjar).toFixed(0)} runs/s, bare ${(runs / bare).toFixed(0)}`,
        nightjar.toFixed(3),
        bare.toFixed(3),
        `${(nightjar / bare).toFixed(2)} ×`,
        perTask(nightjar),
        perTask(bare),
        ...(airflow === undefined
          ? []
          : theirs === undefined
            ? ['', '']
            : [theirs.toFixed(1), ((theirs * 1000) / tasks).toFixed(0)]),
      ];
    }),
  };
}

const secondsOf = (measured: Measured[]): number => median(measured.map(({ seconds }) => seconds));

/** Which process is busy for how much of the time tells what bounds it. */
function cpuTable(cases: CaseResult[]): FigureTable {
  return {
    title: 'CPU seconds, medians, and how many cores that kept busy',
    head: ['case', 'side', 'server', 'worker', 'cores busy'],
    rows: sides(cases, (name, side, measured) => {
      const server = median(measured.map(({ serverCpu }) => serverCpu ?? Number.NaN));
      const worker = median(measured.map(({ workerCpu }) => workerCpu ?? Number.NaN));
      const cores = (server + worker) / secondsOf(measured);
      return [name, side, server, worker, cores].map((cell) =>
        typeof cell === 'string' ? cell : Number.isNaN(cell) ? '' : cell.toFixed(2),
      );
    }),
  };
}

const sides = (
  cases: CaseResult[],
  row: (name: string, side: string, measured: Measured[]) => string[],
): string[][] =>
  cases.flatMap(({ case: { name }, nightjar, bare }) => [
    row(name, 'Nightjar', nightjar),
    row(name, 'bare', bare),
  ]);

const scaleTable = (scale: ScaleResult[]): FigureTable => ({
  title: 'What is large: one run each',
  head: [
    'run',
    'seconds',
    'workflow executions',
    'events of the longest',
    'events of all',
    "worker's peak MiB",
  ],
  rows: scale.map(({ name, seconds, executions, mostEvents, allEvents, workerPeak }) => [
    name,
    seconds.toFixed(1),
    String(executions),
    mostEvents.toLocaleString('en'),
    allEvents.toLocaleString('en'),
    workerPeak === undefined ? '' : (workerPeak / 2 ** 20).toFixed(0),
  ]),
});
