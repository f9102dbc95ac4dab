import {
  type Data,
  Dictionary,
  Field,
  Float64,
  Int8,
  Int32,
  Int64,
  makeData,
  RecordBatch,
  Schema,
  Struct,
  TimestampMicrosecond,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import { taskSchema } from './schemas.js';
import { Int64Buffer, Validity } from './typed-arrays.js';

/** The names behind the numbers of the columns that are enumerations. */
export type TaskEnumerations = { taskType: string[]; priority: string[]; status: string[] };

/** Buffers for the task logs of one file, filled and written again and again. Times are microseconds since 1970 UTC. */
export class TaskColumns {
  readonly taskId: Int64Buffer;
  readonly projectId: Int32Array;
  readonly userId: Int32Array;
  readonly taskType: Int8Array;
  readonly priority: Int8Array;
  readonly status: Int8Array;
  readonly createdAt: Int64Buffer;
  readonly startedAt: Int64Buffer;
  readonly finishedAt: Int64Buffer;
  readonly estimatedHours: Float64Array;
  readonly durationHours: Float64Array;
  readonly complexity: Int32Array;
  readonly hasTaskId: Validity;
  readonly hasProjectId: Validity;
  readonly hasUserId: Validity;
  readonly hasStarted: Validity;
  readonly hasFinished: Validity;
  readonly hasDuration: Validity;
  private readonly names: Record<keyof TaskEnumerations, Vector<Utf8>>;

  constructor(capacity: number, enumerations: TaskEnumerations) {
    this.taskId = new Int64Buffer(capacity);
    this.projectId = new Int32Array(capacity);
    this.userId = new Int32Array(capacity);
    this.taskType = new Int8Array(capacity);
    this.priority = new Int8Array(capacity);
    this.status = new Int8Array(capacity);
    this.createdAt = new Int64Buffer(capacity);
    this.startedAt = new Int64Buffer(capacity);
    this.finishedAt = new Int64Buffer(capacity);
    this.estimatedHours = new Float64Array(capacity);
    this.durationHours = new Float64Array(capacity);
    this.complexity = new Int32Array(capacity);
    this.hasTaskId = new Validity(capacity);
    this.hasProjectId = new Validity(capacity);
    this.hasUserId = new Validity(capacity);
    this.hasStarted = new Validity(capacity);
    this.hasFinished = new Validity(capacity);
    this.hasDuration = new Validity(capacity);
    this.names = {
      taskType: vectorFromArray(enumerations.taskType, new Utf8()),
      priority: vectorFromArray(enumerations.priority, new Utf8()),
      status: vectorFromArray(enumerations.status, new Utf8()),
    };
  }

  /** The first `rows` rows as Arrow data over these very buffers: valid until they are filled again. */
  recordBatch(rows: number): RecordBatch {
    const { names } = this;
    const children = [
      int64(rows, this.taskId, this.hasTaskId),
      int32(rows, this.projectId, this.hasProjectId),
      int32(rows, this.userId, this.hasUserId),
      enumeration(rows, this.taskType, names.taskType),
      enumeration(rows, this.priority, names.priority),
      enumeration(rows, this.status, names.status),
      timestamp(rows, this.createdAt),
      timestamp(rows, this.startedAt, this.hasStarted),
      timestamp(rows, this.finishedAt, this.hasFinished),
      float64(rows, this.estimatedHours),
      float64(rows, this.durationHours, this.hasDuration),
      int32(rows, this.complexity),
    ];
    const fields = taskSchema.map(
      ({ name, nullable }, i) => new Field(name, (children[i] as Data).type, nullable),
    );
    const struct = makeData({ type: new Struct(fields), length: rows, nullCount: 0, children });
    return new RecordBatch(new Schema(fields), struct);
  }
}

function validity(valid?: Validity) {
  return valid === undefined ? { nullCount: 0 } : { nullBitmap: valid.bytes };
}

function int32(length: number, data: Int32Array, valid?: Validity): Data {
  return makeData({ type: new Int32(), length, data, ...validity(valid) });
}

function int64(length: number, data: Int64Buffer, valid?: Validity): Data {
  return makeData({ type: new Int64(), length, data: data.values, ...validity(valid) });
}

function float64(length: number, data: Float64Array, valid?: Validity): Data {
  return makeData({ type: new Float64(), length, data, ...validity(valid) });
}

function timestamp(length: number, data: Int64Buffer, valid?: Validity): Data {
  // With a time zone, Parquet says "adjusted to UTC", which Spark reads as `timestamp` and not as `timestamp_ntz`.
  return makeData({ type: new TimestampMicrosecond('UTC'), length, data: data.values, ...validity(valid) });
}

function enumeration(length: number, data: Int8Array, dictionary: Vector<Utf8>): Data {
  return makeData({ type: new Dictionary(new Utf8(), new Int8()), length, data, dictionary, nullCount: 0 });
}
