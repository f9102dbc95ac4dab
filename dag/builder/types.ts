import type { z } from 'zod';
import type { Json } from '../json.js';
import type { dagSchema } from '../schema/dag.js';
import type { param } from '../schema/param.js';
import type { timedForms } from '../schema/schedule.js';
import type { group, task } from '../schema/task.js';
import type { TaskState } from '../states.js';
import type { Ref, Reference } from './reference.js';

/** What the builder needs of an operator: its name, and the schema that its params are typed from. */
export interface OperatorLike {
  readonly name: string;
  readonly params: z.ZodType;
}

type Input<Operator extends OperatorLike> = z.input<Operator['params']>;

type OutputOf<Operator> = Operator extends { run(...args: never[]): Promise<infer Output> } ? Output : Json;

/** Text that is one template, where a value of another type is expected. */
type Template = `\${{${string}}}`;

/**
 * A value, any part of which may be known only when the task starts. `undefined` counts as left out: with
 * `noUncheckedIndexedAccess` that is a part of what TypeScript makes of `query.output.orders`.
 */
export type Value<T> = [Json] extends [T] ? unknown : Reference<T> | Plain<T> | Template | undefined;

type Plain<T> = T extends string
  ? T | (string extends T ? Node : never)
  : T extends readonly (infer Item)[]
    ? readonly Value<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Value<T[Key]> }
      : T;

/** A task or group: what others may depend on. */
export interface Node {
  readonly id: string;
  /** Makes others depend on it, and gives them back: `a.before(b).before([c, d])`. */
  before<Next extends Node | readonly Node[]>(next: Next): Next;
  /** Makes it depend on others, and gives them back. */
  after<Previous extends Node | readonly Node[]>(previous: Previous): Previous;
}

export interface Task<Output = unknown> extends Node {
  /** What it returned; of a mapped task a list. Whoever uses it depends on the task. */
  readonly output: Ref<Output>;
  readonly state: Ref<TaskState>;
  /** The figures of its stage, such as `rowsWritten`. */
  readonly stats: Ref<Json>;
  /** The same task, when you know better than its operator what it returns. */
  returns<Known>(): Task<Known>;
}

export interface Group<Members = unknown> extends Node {
  /** What its callback returned. */
  readonly members: Members;
}

type Many<T> = T | readonly T[];

/** Lists to map over, by name. */
export type Expand = Readonly<Record<string, readonly unknown[] | Reference<readonly unknown[]> | string>>;

/** What `item` is within a task or group with `expand`. */
export type Item<E extends Expand> = {
  readonly [Name in keyof E]: E[Name] extends readonly (infer One)[]
    ? Ref<Widened<One>>
    : E[Name] extends Reference<readonly (infer One)[]>
      ? Ref<One>
      : Ref<Json>;
};

type Widened<T> =
  T extends Reference<infer Known>
    ? Known
    : T extends string
      ? string
      : T extends number
        ? number
        : T extends boolean
          ? boolean
          : T;

export interface Mapped<E extends Expand> {
  readonly item: Item<E>;
  readonly index: Ref<number>;
}

type Own = 'id' | 'operator' | 'with' | 'dependsOn' | 'when' | 'expand' | 'group' | 'teardown';

export type TaskOptions<Operator extends OperatorLike, E extends Expand = Expand> = Values<
  Omit<z.input<typeof task>, Own>
> & {
  /** Tasks, groups, or ids, that it comes after; those whose outputs it reads are added. */
  dependsOn?: Many<Node | string>;
  /** A condition in CEL; the task is skipped when it is false. */
  when?: Reference<boolean> | string | boolean;
  /** Runs once for every item of a list, or of the cross product of several. */
  expand?: E;
  /** Cleans up once what depends on its setups is done, however that ended. */
  teardown?: boolean | { setups?: Many<Node | string>; onFailureFailDagrun?: boolean };
} & With<Operator, E>;

/** Options whose numbers may be templates in YAML take references here. */
type Values<Options> = {
  [Key in keyof Options]: Key extends 'errorThreshold' | 'metricThresholds'
    ? Value<NonNullable<Options[Key]>>
    : Options[Key];
};

/** `with` may be left out when the operator needs nothing. */
type With<Operator extends OperatorLike, E extends Expand> =
  Record<never, never> extends Input<Operator>
    ? { with?: Params<Operator, E> }
    : { with: Params<Operator, E> };

type Params<Operator extends OperatorLike, E extends Expand> =
  | Plain<Input<Operator>>
  | ((mapped: Mapped<E>) => Plain<Input<Operator>>);

export type GroupOptions<E extends Expand> = Omit<z.input<typeof group>, 'group' | 'dependsOn' | 'expand'> & {
  dependsOn?: Many<Node | string>;
  /** All its tasks run once for every item. */
  expand?: E;
};

/** As it is written in code, where it is constant; any JSON is left to the checks. */
type Constant<T> = [Json] extends [T]
  ? unknown
  : T extends readonly (infer Item)[]
    ? readonly Constant<Item>[]
    : T extends object
      ? object
      : T;

type ParamDeclaration = {
  readonly [Key in keyof z.input<typeof param>]: Constant<z.input<typeof param>[Key]>;
};

/** Declarations of params, by name. */
export type ParamDeclarations = Readonly<Record<string, ParamDeclaration>>;

export type DagOptions<P extends ParamDeclarations> = Omit<
  z.input<typeof dagSchema>,
  'tasks' | 'groups' | 'params' | 'include' | 'schedule'
> & {
  /** When runs start. Default: by hand only. */
  schedule?: z.input<typeof timedForms> | { datasets: DatasetCondition } | null;
  /** What a run can be given, by name. */
  params?: P;
};

type DatasetCondition =
  | string
  | readonly DatasetCondition[]
  | { all: DatasetCondition[] }
  | { any: DatasetCondition[] };

/** The values of declared params. */
export type ParamRefs<P extends ParamDeclarations> = { readonly [Name in keyof P]: Ref<ParamValue<P[Name]>> };

type ParamValue<Schema> = Schema extends { enum: readonly (infer One)[] }
  ? One
  : Schema extends { const: infer Only }
    ? Only
    : Schema extends { type: infer Type }
      ? OfType<Type extends readonly (infer One)[] ? One : Type, Schema>
      : Json;

type OfType<Type, Schema> = Type extends 'string'
  ? string
  : Type extends 'integer' | 'number'
    ? number
    : Type extends 'boolean'
      ? boolean
      : Type extends 'null'
        ? null
        : Type extends 'array'
          ? (Schema extends { items: infer Items } ? ParamValue<Items> : Json)[]
          : Json;

/** What a DAG is built with. */
export interface DagBuilder<P extends ParamDeclarations> {
  /** Adds a task; within the callback of a group, to that group. */
  task<Operator extends OperatorLike, const E extends Expand = Record<never, never>>(
    id: string,
    operator: Operator,
    ...options: Record<never, never> extends Input<Operator>
      ? [options?: TaskOptions<Operator, E>]
      : [options: TaskOptions<Operator, E>]
  ): Task<Record<never, never> extends E ? OutputOf<Operator> : OutputOf<Operator>[]>;
  /** Adds a group with the tasks that are added while its callback runs. */
  group<Members>(id: string, build: () => Members): Group<Members>;
  group<Members, const E extends Expand = Record<never, never>>(
    id: string,
    options: GroupOptions<E>,
    build: (mapped: Mapped<E>) => Members,
  ): Group<Members>;
  readonly params: ParamRefs<P>;
  readonly run: {
    readonly id: Ref<string>;
    /** ISO 8601, in UTC. */
    readonly logicalDate: Ref<string>;
    readonly dataIntervalStart: Ref<string>;
    readonly dataIntervalEnd: Ref<string>;
  };
  /** The pipeline's settings. */
  readonly config: Ref<Json>;
}
