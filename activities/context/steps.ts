import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { v5 as uuidv5 } from 'uuid';
import type { Json, StageStats, TaskStorage } from '../operator.js';
import { readJson, writeJson } from './files.js';

/** A call on `stats` or `storage` made within a step, kept so that a retry which skips the step repeats it. */
type Effect = { target: 'stats' | 'storage'; method: string; args: Json[] };
type StepRecord = { name: string; result: Json; effects: Effect[] };
type Scope = { name: string; operations: number; effects: Effect[] };

/** The step that runs. One for all tasks: every store that was ever used costs each promise of the process. */
const scopes = new AsyncLocalStorage<Scope>();

/** Root of all ids that Nightjar derives: any fixed UUID does. */
const namespace = '5d6e0b0a-8e0f-4f9c-9a55-0d8e8a6f5a11';

/** A UUID that depends on nothing but its parts, so that any process derives the same one. */
export const derivedId = (...parts: (string | number)[]): string => uuidv5(JSON.stringify(parts), namespace);

/**
 * The durable steps of one task try. A finished step leaves a small file in the task's folder; the next attempt takes
 * the result from there. Spark operations get ids derived from the step and their order in it.
 */
export class Steps {
  private readonly outside: Scope = { name: '', operations: 0, effects: [] };
  private readonly started = new Set<string>();

  constructor(
    private readonly folder: string,
    /** Identifies the task try; derived ids hang on it. A function, as most tasks have no use for it. */
    private readonly tryId: () => string,
    private readonly targets: { stats: StageStats; storage: TaskStorage },
  ) {}

  /** Whether a step has begun: finished ones leave files in the task's folder. */
  get isUsed(): boolean {
    return this.started.size > 0;
  }

  async run<T extends Json>(name: string, body: () => Promise<T>): Promise<T> {
    if (scopes.getStore() !== undefined) throw new Error(`step "${name}" is started within another step`);
    if (this.started.has(name))
      throw new Error(`step "${name}" is started twice: step names are unique within a task`);
    this.started.add(name);
    const file = join(
      this.folder,
      '.steps',
      `${createHash('sha256').update(name).digest('hex').slice(0, 16)}.json`,
    );
    const done = await readJson<StepRecord>(file);
    if (done !== undefined) {
      for (const effect of done.effects) this.repeat(effect);
      return done.result as T;
    }
    const scope: Scope = { name, operations: 0, effects: [] };
    const result = await scopes.run(scope, body);
    await writeJson(file, { name, result, effects: scope.effects } satisfies StepRecord);
    return result;
  }

  /**
   * Ids for one Spark operation, the next in this step: the id to execute under, or with a higher `attempt` the one to
   * take when the server says that the former is used up.
   */
  readonly nextOperation = (): ((attempt: number) => string) => {
    const scope = scopes.getStore() ?? this.outside;
    const order = scope.operations++;
    return (attempt) => derivedId(this.tryId(), scope.name, order, attempt);
  };

  /** The step that the caller is in. */
  current(): string | undefined {
    return scopes.getStore()?.name;
  }

  /** The same object, with its calls noted down when they are made within a step. */
  recorded<Target extends object>(
    target: 'stats' | 'storage',
    object: Target,
    methods: (keyof Target & string)[],
  ): Target {
    return new Proxy(object, {
      get: (inner, property) => {
        const value: unknown = Reflect.get(inner, property, inner);
        if (typeof value !== 'function') return value;
        return (...args: Json[]) => {
          if ((methods as string[]).includes(String(property))) {
            scopes.getStore()?.effects.push({ target, method: String(property), args });
          }
          return Reflect.apply(value, inner, args);
        };
      },
    });
  }

  private repeat({ target, method, args }: Effect): void {
    const object = this.targets[target] as unknown as Record<string, (...args: Json[]) => unknown>;
    object[method]?.(...args);
  }
}
