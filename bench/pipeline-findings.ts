import { type FigureTable, type Findings, median } from './figures.js';
import { type NightjarRun, secondsOf } from './nightjar-run.js';
import type { Round } from './pipeline.js';
import type { PySparkRun } from './pyspark-run.js';

/** How the rounds of both sides compare. @throws Error when they did not write the same rows */
export function pipelineFindings(records: number, machine: string, rounds: readonly Round[]): Findings {
  const [warmUp, ...measured] = rounds;
  if (warmUp === undefined) throw new Error('there was no round');
  checkRows(warmUp);
  const stages = Object.keys(warmUp.pyspark.seconds).filter((stage) => warmUp.nightjar.stages.has(stage));
  const sides = measured.map(({ nightjar, pyspark }) => ({
    nightjar: nightjarSeconds(nightjar, stages),
    pyspark: pysparkSeconds(pyspark, stages),
  }));
  const ratio = (what: 'compared' | 'whole'): string => {
    const [ours, theirs] = (['nightjar', 'pyspark'] as const).map((side) =>
      median(sides.map((each) => each[side][what])),
    );
    return `${(ours ?? 0).toFixed(1)} s against ${(theirs ?? 0).toFixed(1)} s, ${((ours ?? 0) / (theirs ?? 0)).toFixed(2)} ×`;
  };
  const wholes = median(measured.map(({ nightjar }) => secondsOf(nightjar.whole)));
  return {
    lines: [
      machine,
      `${records.toLocaleString('en')} records. Medians of ${measured.length} rounds, Nightjar against PySpark:`,
      [
        `- ${stages.join(', ')}, with Temporal between them: ${ratio('compared')}`,
        `- all but the stages that the script has not, from the trigger to the run's end against the script's process from start to end: ${ratio('whole')}`,
        `- the whole run, all stages: ${wholes.toFixed(1)} s`,
      ].join('\n'),
    ],
    tables: [secondsTable(rounds, stages), workTable(rounds), sameTable(warmUp)],
  };
}

type Seconds = { compared: number; whole: number };

function nightjarSeconds({ stages, whole }: NightjarRun, compared: readonly string[]): Seconds {
  const spans = compared.flatMap((stage) => stages.get(stage) ?? []);
  const span = {
    start: Math.min(...spans.map(({ start }) => start)),
    end: Math.max(...spans.map(({ end }) => end)),
  };
  const others = [...stages].filter(([stage]) => !compared.includes(stage));
  const apart = others.reduce((sum, [, each]) => sum + secondsOf(each), 0);
  return { compared: secondsOf(span), whole: secondsOf(whole) - apart };
}

function pysparkSeconds({ seconds, whole }: PySparkRun, compared: readonly string[]): Seconds {
  const sum = compared.reduce((all, stage) => all + (seconds[stage] ?? 0), seconds.connect ?? 0);
  return { compared: sum, whole: secondsOf(whole) };
}

function secondsTable(rounds: readonly Round[], compared: readonly string[]): FigureTable {
  const all = [...(rounds[0]?.nightjar.stages.keys() ?? [])];
  const rows = rounds.flatMap((round, index) => {
    const { nightjar, pyspark, first } = round;
    const ours = nightjarSeconds(nightjar, compared);
    const theirs = pysparkSeconds(pyspark, compared);
    const rowsOfRound = {
      nightjar: [
        ...all.map((stage) => nightjar.stages.get(stage)).map((span) => (span ? secondsOf(span) : undefined)),
        ours.compared,
        secondsOf(nightjar.whole),
      ],
      pyspark: [...all.map((stage) => pyspark.seconds[stage]), theirs.compared, theirs.whole],
    };
    const label = index === 0 ? 'warm-up' : String(index);
    const order =
      first === 'nightjar' ? (['nightjar', 'pyspark'] as const) : (['pyspark', 'nightjar'] as const);
    return order.map((side) => [
      `${label}: ${sideNames[side]}`,
      ...rowsOfRound[side].map((value) => value?.toFixed(1) ?? ''),
    ]);
  });
  return { title: 'Seconds', head: ['round, in order', ...all, 'compared', 'whole'], rows };
}

function workTable(rounds: readonly Round[]): FigureTable {
  const rows = rounds.flatMap((round, index) =>
    (['nightjar', 'pyspark'] as const).flatMap((side) => {
      const { work, serverCpuSeconds } = round[side];
      if (work === undefined) return [];
      const label = index === 0 ? 'warm-up' : String(index);
      const seconds = [work.busySeconds, serverCpuSeconds].map((value) => value?.toFixed(1) ?? '');
      return [[`${label}: ${sideNames[side]}`, String(work.jobs), String(work.tasks), ...seconds]];
    }),
  );
  return {
    title: "Spark's own record, and its process's CPU seconds",
    head: ['round', 'jobs', 'tasks', 'seconds with a job', 'CPU seconds'],
    rows,
  };
}

function sameTable({ nightjar, pyspark }: Round): FigureTable {
  const figures = { ...pyspark.rows, ...pyspark.metrics };
  const ours = { ...nightjar.rows, ...nightjar.metrics };
  const show = (value: number | undefined): string =>
    value?.toLocaleString('en', { maximumSignificantDigits: 7 }) ?? '';
  return {
    title: 'What both made',
    head: ['rows, metrics', sideNames.nightjar, sideNames.pyspark],
    rows: Object.entries(figures).map(([name, theirs]) => [name, show(ours[name]), show(theirs)]),
  };
}

function checkRows({ nightjar, pyspark }: Round): void {
  for (const [dataset, theirs] of Object.entries(pyspark.rows)) {
    const ours = nightjar.rows[dataset];
    if (ours !== theirs) {
      throw new Error(`not the same work: ${dataset} has ${ours} rows by Nightjar, ${theirs} by PySpark`);
    }
  }
}

const sideNames = { nightjar: 'Nightjar', pyspark: 'PySpark' };
