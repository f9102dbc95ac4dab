import type { GenerateSettings } from '../../../config/sections/generate.js';
import { AliasTable } from './alias-table.js';
import { ArrivalCalendar } from './arrival-calendar.js';
import { BadRows, badEnumValue } from './bad-rows.js';
import type { Projects, Users } from './population.js';
import { blockRows, RandomStream, streams } from './random-stream.js';
import type { TaskColumns, TaskEnumerations } from './task-columns.js';
import { at } from './typed-arrays.js';

const hourMs = 3_600_000;
/** Longest estimates and durations; shortest ones are a quarter of an hour and 36 seconds. */
const maxHours = 1000;

/** Order of the statuses in the data's enumeration. */
const statuses = ['done', 'cancelled', 'blocked', 'in_progress', 'todo'] as const;
const [done, cancelled, , inProgress, todo] = [0, 1, 2, 3, 4] as const;

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
  private readonly statusWeights: Float64Array;
  private readonly statusSlopes: Float64Array;
  private readonly statusChances = new Float64Array(statuses.length);
  private readonly noise = {
    duration: new Float64Array(blockRows),
    estimate: new Float64Array(blockRows),
    wait: new Float64Array(blockRows),
    elapsed: new Float64Array(blockRows),
  };
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
    this.statusWeights = Float64Array.from(statuses, (name) => settings.statuses[name].weight);
    this.statusSlopes = Float64Array.from(statuses, (name) => settings.statuses[name].overrunSlope);
  }

  /** Writes block number `block` to `columns`, from position `offset` on. @returns how many rows */
  fill(columns: TaskColumns, offset: number, block: number): number {
    const first = block * blockRows;
    const rows = Math.min(blockRows, this.settings.records - first);
    this.drawSubjects(columns, offset, block, rows);
    this.drawNoise(block, rows);
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
    for (let i = 0; i < rows; i += 1) {
      const row = offset + i;
      const project = this.projectTable.sample(projectDraws.uniform());
      const complexityTable = this.complexityTables[at(this.projects.profile, project)] as AliasTable;
      columns.taskId.set(row, block * blockRows + i + 1);
      columns.hasTaskId.set(row, true);
      columns.projectId[row] = project + 1;
      columns.hasProjectId.set(row, true);
      columns.userId[row] = this.userTable.sample(userDraws.uniform()) + 1;
      columns.hasUserId.set(row, true);
      columns.taskType[row] = this.typeTable.sample(typeDraws.uniform());
      columns.priority[row] = this.priorityTable.sample(priorityDraws.uniform());
      columns.complexity[row] = complexityTable.sample(complexityDraws.uniform()) + 1;
    }
  }

  private drawNoise(block: number, rows: number): void {
    for (const name of ['duration', 'estimate', 'wait', 'elapsed'] as const) {
      const normal = new RandomStream(this.settings.seed, streams[name], block).normals();
      const target = this.noise[name];
      for (let i = 0; i < rows; i += 1) target[i] = normal();
    }
  }

  /** Estimated and actual hours: the formulas of `duration` and `estimate` in the settings. */
  private drawEffort(columns: TaskColumns, offset: number, rows: number): void {
    const { projects, users, noise, times } = this;
    const { complexity, duration, estimate } = this.settings;
    const logBias = Math.log(estimate.bias);
    for (let i = 0; i < rows; i += 1) {
      const row = offset + i;
      const project = at(columns.projectId, row) - 1;
      const user = at(columns.userId, row) - 1;
      const expected =
        at(this.logMedianHours, at(columns.taskType, row)) +
        complexity.effect * (at(columns.complexity, row) - 3) +
        at(projects.logFactor, project) +
        at(users.logFactor, user);
      const ownNoise = duration.sigma * at(noise.duration, i);
      const hours = Math.exp(expected + at(projects.logOverrun, project) + ownNoise);
      const estimated = Math.exp(
        expected + estimate.insight * ownNoise + logBias + estimate.sigma * at(noise.estimate, i),
      );
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
      const hours = at(times.hours, i);
      const created = calendar.momentAt((block * blockRows + i + createdDraws.uniform()) / records);
      const waitHours =
        at(this.medianWaitHours, at(columns.priority, row)) * Math.exp(wait.sigma * at(noise.wait, i));
      const elapsedHours = hours * (1 + elapsed.idle * Math.exp(elapsed.sigma * at(noise.elapsed, i)));
      const started = created + Math.round(waitHours * hourMs);
      const finished = started + Math.round(elapsedHours * hourMs);
      let status = this.drawStatus(hours / at(columns.estimatedHours, row), statusDraws.uniform());
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

  private drawStatus(overrun: number, uniform: number): number {
    const { statusWeights, statusSlopes, statusChances } = this;
    const logOverrun = Math.log(overrun);
    let total = 0;
    for (let i = 0; i < statuses.length; i += 1) {
      total += at(statusWeights, i) * Math.exp(at(statusSlopes, i) * logOverrun);
      statusChances[i] = total;
    }
    const target = uniform * total;
    let status = 0;
    while (target >= at(statusChances, status)) status += 1;
    return status;
  }
}
