import type { GenerateSettings } from '../../../config/sections/generate.js';
import { AliasTable } from './alias-table.js';
import { ArrivalCalendar } from './arrival-calendar.js';
import { BadRows, badEnumValue } from './bad-rows.js';
import type { Projects, Users } from './population.js';
import { blockRows, RandomStream, streams } from './random-stream.js';
import type { TaskColumns, TaskEnumerations } from './task-columns.js';

const hourMs = 3_600_000;
/** Longest estimates and durations; shortest ones are a quarter of an hour and 36 seconds. */
const maxHours = 1000;

/** Chances of statuses are tabulated by ln(overrun) in steps of 5 %, up to e^±4: exact ones would cost five exponentials a row. */
const overrunStep = 0.05;
const overrunSteps = 80;

/** Order of the statuses in the data's enumeration. */
const statuses = ['done', 'cancelled', 'blocked', 'in_progress', 'todo'] as const;
const done = statuses.indexOf('done');
const cancelled = statuses.indexOf('cancelled');
const inProgress = statuses.indexOf('in_progress');
const todo = statuses.indexOf('todo');

/** What a block of rows would be if nothing were hidden: also times and durations that a task's status leaves null. */
export type BlockTimes = { started: Float64Array; finished: Float64Array; hours: Float64Array };

/** Draws task logs block by block. Each block depends on the settings and its own number only. */
export class TaskGenerator {
  readonly enumerations: TaskEnumerations;
  readonly badRows: BadRows;
  private readonly calendar: ArrivalCalendar;
  private readonly projectTable: AliasTable;
  private readonly userTable: AliasTable;
  private readonly typeTable: AliasTable;
  private readonly priorityTable: AliasTable;
  /** By project profile: complexity is tilted by it. */
  private readonly complexityTables: AliasTable[];
  private readonly logMedianHours: Float64Array;
  private readonly medianWaitHours: Float64Array;
  private readonly statusTables: AliasTable[];
  private readonly noise = {
    duration: new Float64Array(blockRows),
    estimate: new Float64Array(blockRows),
    wait: new Float64Array(blockRows),
    elapsed: new Float64Array(blockRows),
  };
  /** Number of each row's table among the status tables. */
  private readonly overruns = new Int32Array(blockRows);
  private readonly times: BlockTimes = {
    started: new Float64Array(blockRows),
    finished: new Float64Array(blockRows),
    hours: new Float64Array(blockRows),
  };

  constructor(
    private readonly settings: GenerateSettings,
    private readonly projects: Projects,
    private readonly users: Users,
  ) {
    const types = Object.values(settings.taskTypes);
    const priorities = Object.values(settings.priorities);
    this.enumerations = {
      taskType: [...Object.keys(settings.taskTypes), badEnumValue],
      priority: [...Object.keys(settings.priorities), badEnumValue],
      status: [...statuses, badEnumValue],
    };
    this.badRows = new BadRows(settings, this.enumerations);
    this.calendar = new ArrivalCalendar(settings);
    this.projectTable = new AliasTable(projects.activity);
    this.userTable = new AliasTable(users.activity);
    this.typeTable = new AliasTable(types.map(({ share }) => share));
    this.priorityTable = new AliasTable(priorities.map(({ share }) => share));
    this.complexityTables = Object.values(settings.projectProfiles).map(
      ({ complexityShift }) =>
        new AliasTable(
          settings.complexity.shares.map((share, i) => share * Math.exp(complexityShift * (i - 2))),
        ),
    );
    this.logMedianHours = Float64Array.from(types, ({ medianHours }) => Math.log(medianHours));
    this.medianWaitHours = Float64Array.from(priorities, ({ medianWaitHours }) => medianWaitHours);
    this.statusTables = Array.from({ length: 2 * overrunSteps + 1 }, (_, step) =>
      statusTable(settings, step),
    );
  }

  /** Writes block number `block` to `columns`, from position `offset` on. @returns how many rows */
  fill(columns: TaskColumns, offset: number, block: number): number {
    const first = block * blockRows;
    const rows = Math.min(blockRows, this.settings.records - first);
    this.drawSubjects(columns, offset, block, rows);
    this.drawNoise(block);
    this.drawEffort(columns, offset, rows);
    this.drawCourse(columns, offset, block, rows);
    this.badRows.spoil(columns, offset, block, rows, this.times);
    return rows;
  }

  /** Who does what for which project, and how hard it is. */
  private drawSubjects(columns: TaskColumns, offset: number, block: number, rows: number): void {
    const { seed } = this.settings;
    const projectDraws = new RandomStream(seed, streams.project, block);
    const userDraws = new RandomStream(seed, streams.user, block);
    const typeDraws = new RandomStream(seed, streams.taskType, block);
    const priorityDraws = new RandomStream(seed, streams.priority, block);
    const complexityDraws = new RandomStream(seed, streams.complexity, block);
    for (const keys of [columns.hasTaskId, columns.hasProjectId, columns.hasUserId])
      keys.setAll(offset, rows);
    for (let i = 0; i < rows; i += 1) {
      const row = offset + i;
      const project = this.projectTable.sample(projectDraws.uniform());
      const complexityTable = this.complexityTables[this.projects.profile[project] as number] as AliasTable;
      columns.taskId.set(row, block * blockRows + i + 1);
      columns.projectId[row] = project + 1;
      columns.userId[row] = this.userTable.sample(userDraws.uniform()) + 1;
      columns.taskType[row] = this.typeTable.sample(typeDraws.uniform());
      columns.priority[row] = this.priorityTable.sample(priorityDraws.uniform());
      columns.complexity[row] = complexityTable.sample(complexityDraws.uniform()) + 1;
    }
  }

  private drawNoise(block: number): void {
    for (const name of ['duration', 'estimate', 'wait', 'elapsed'] as const) {
      new RandomStream(this.settings.seed, streams[name], block).fillNormals(this.noise[name]);
    }
  }

  /** Estimated and actual hours: the formulas of `duration` and `estimate` in the settings. */
  private drawEffort(columns: TaskColumns, offset: number, rows: number): void {
    const { projects, users, noise, times, overruns } = this;
    const { complexity, duration, estimate } = this.settings;
    const logBias = Math.log(estimate.bias);
    for (let i = 0; i < rows; i += 1) {
      const row = offset + i;
      const project = (columns.projectId[row] as number) - 1;
      const user = (columns.userId[row] as number) - 1;
      const expected =
        (this.logMedianHours[columns.taskType[row] as number] as number) +
        complexity.effect * ((columns.complexity[row] as number) - 3) +
        (projects.logFactor[project] as number) +
        (users.logFactor[user] as number);
      const ownNoise = duration.sigma * (noise.duration[i] as number);
      const logHours = expected + (projects.logOverrun[project] as number) + ownNoise;
      const logEstimate =
        expected + estimate.insight * ownNoise + logBias + estimate.sigma * (noise.estimate[i] as number);
      const hours = Math.exp(logHours);
      const estimated = Math.exp(logEstimate);
      const step = Math.round((logHours - logEstimate) / overrunStep) + overrunSteps;
      overruns[i] = Math.min(2 * overrunSteps, Math.max(0, step));
      times.hours[i] = Math.min(maxHours, Math.max(0.01, Math.round(hours * 100) / 100));
      columns.estimatedHours[row] = Math.min(maxHours, Math.max(0.25, Math.round(estimated * 4) / 4));
    }
  }

  /** When a task is created, started and finished, how it ends, and what its status leaves open. */
  private drawCourse(columns: TaskColumns, offset: number, block: number, rows: number): void {
    const { noise, times, calendar } = this;
    const { seed, records, wait, elapsed } = this.settings;
    const createdDraws = new RandomStream(seed, streams.createdAt, block);
    const statusDraws = new RandomStream(seed, streams.status, block);
    for (let i = 0; i < rows; i += 1) {
      const row = offset + i;
      const hours = times.hours[i] as number;
      const created = calendar.momentAt((block * blockRows + i + createdDraws.uniform()) / records);
      const waitHours =
        (this.medianWaitHours[columns.priority[row] as number] as number) *
        Math.exp(wait.sigma * (noise.wait[i] as number));
      const elapsedHours =
        hours * (1 + elapsed.idle * Math.exp(elapsed.sigma * (noise.elapsed[i] as number)));
      const started = created + Math.round(waitHours * hourMs);
      const finished = started + Math.round(elapsedHours * hourMs);
      const chances = this.statusTables[this.overruns[i] as number] as AliasTable;
      let status = chances.sample(statusDraws.uniform());
      const closed = status === done || status === cancelled;
      if (started > calendar.end) status = todo;
      else if (closed && finished > calendar.end) status = inProgress;

      times.started[i] = started;
      times.finished[i] = finished;
      columns.status[row] = status;
      columns.createdAt.set(row, created * 1000);
      columns.startedAt.set(row, started * 1000);
      columns.hasStarted.set(row, status !== todo);
      columns.finishedAt.set(row, finished * 1000);
      columns.hasFinished.set(row, status === done || status === cancelled);
      columns.durationHours[row] = hours;
      columns.hasDuration.set(row, status === done);
    }
  }
}

/** How likely each status is at one step of ln(overrun). */
function statusTable({ statuses: chances }: GenerateSettings, step: number): AliasTable {
  const logOverrun = (step - overrunSteps) * overrunStep;
  return new AliasTable(
    statuses.map((name) => chances[name].weight * Math.exp(chances[name].overrunSlope * logOverrun)),
  );
}
