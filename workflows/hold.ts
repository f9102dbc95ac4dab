import {
  ApplicationFailure,
  condition,
  defineUpdate,
  proxyLocalActivities,
  setHandler,
} from '@temporalio/workflow';
import type { ParamsRevision, RevisedParams } from '../activities/run/revise-params.js';
import { problemOf } from '../contract/read.js';
import type { DagDocument } from '../dag/document.js';
import type { JsonObject } from '../dag/json.js';
import { type Amendment, amend, type HeldInstance } from '../dag/replay/amend.js';
import {
  type ReadArgument,
  type RunUpdateAnswer,
  type RunUpdateName,
  readArgument,
  runUpdateDescriptions,
  runUpdates,
} from '../dag/run-updates.js';

export type HoldActivities = { reviseParams(revision: ParamsRevision): Promise<RevisedParams> };

const { reviseParams } = proxyLocalActivities<HoldActivities>({
  startToCloseTimeout: '10s',
  retry: { initialInterval: '1s', maximumInterval: '10s' },
});

/** What a held run was told. */
export type Instruction =
  | { kind: 'amend'; amendment: Amendment; params?: JsonObject }
  | { kind: 'fail'; reason: string };

/** A run while it is held. */
export type HeldRun = {
  dag: DagDocument;
  params: JsonObject;
  config: JsonObject;
  instances: readonly HeldInstance[];
  /** Failed instances whose failure no retry mends. */
  permanent: ReadonlySet<string>;
};

/** Largest output that can be given by hand, as of a task. */
const maxOutputBytes = 64 * 1024;

/** Takes the Updates of a run: refuses them in words while it is not held, or when they don't fit. */
export class Hold {
  private held: HeldRun | undefined;
  private instruction: Instruction | undefined;
  private busy = false;

  /** @param state Where the run stands, for refusals @param expected Whether the run was held before it continued as new: it soon is again */
  constructor(
    private readonly state: () => string,
    private expected: boolean,
  ) {
    for (const name of Object.values(runUpdates)) {
      setHandler(
        defineUpdate<RunUpdateAnswer, [unknown]>(name),
        (argument?: unknown) => this.take(name, argument),
        {
          description: runUpdateDescriptions[name],
          validator: (argument?: unknown) => {
            const unreadable = problemOf(argument);
            if (unreadable !== undefined) throw new Error(`${name}: ${unreadable}`);
            readArgument(name, argument);
            if (!this.expected) this.instructionOf(name, argument);
          },
        },
      );
    }
  }

  /** Waits for an instruction until a time; undefined when none has come. @throws CancelledFailure */
  async wait(held: HeldRun, until: number | undefined): Promise<Instruction | undefined> {
    this.held = held;
    this.expected = false;
    const isTold = (): boolean => this.instruction !== undefined;
    try {
      if (until === undefined) await condition(isTold);
      else await condition(isTold, Math.max(1, until - Date.now()));
      // One that is being looked at was in time.
      await condition(() => !this.busy);
      return this.instruction;
    } finally {
      this.held = undefined;
      this.instruction = undefined;
    }
  }

  private async take(name: RunUpdateName, argument: unknown): Promise<RunUpdateAnswer> {
    try {
      if (this.expected) await condition(() => !this.expected);
      const { instruction, read } = this.instructionOf(name, argument);
      if (instruction.kind === 'amend' && read.params !== undefined) {
        instruction.params = await this.revised(read.params);
        if (this.held === undefined) throw new Error('the run has been cancelled meanwhile');
      }
      this.instruction = instruction;
      return { tasks: instruction.kind === 'amend' ? instruction.amendment.tasks : this.failedTasks() };
    } catch (error) {
      // Anything but a failure of Temporal's would fail the workflow task.
      const message = error instanceof Error ? error.message : String(error);
      throw ApplicationFailure.nonRetryable(message, 'UpdateRefused');
    }
  }

  /** @throws Error that says in a line why it is refused */
  private instructionOf(
    name: RunUpdateName,
    argument: unknown,
  ): { instruction: Instruction; read: ReadArgument } {
    const read = readArgument(name, argument);
    const { held } = this;
    if (held === undefined)
      throw new Error(
        `the run is not held, it is ${this.state()}: only a held run (onFailure: hold) takes ${name}`,
      );
    if (this.busy || this.instruction !== undefined)
      throw new Error('another Update is being carried out: send this one again when the run is held again');
    if (name === 'failRun') {
      const reason = `ended by hand${read.reason === undefined ? '' : `: ${read.reason}`}`;
      return { instruction: { kind: 'fail', reason }, read };
    }
    if (read.output !== undefined && JSON.stringify(read.output).length > maxOutputBytes)
      throw new Error(`${name}: output: at most ${maxOutputBytes} bytes of JSON`);
    const { dag, instances, permanent } = held;
    const amendment = amend(dag, instances, { name, argument: read, permanent });
    return { instruction: { kind: 'amend', amendment }, read };
  }

  private async revised(given: JsonObject): Promise<JsonObject> {
    const { held } = this;
    if (held === undefined) throw new Error('the run is not held');
    this.busy = true;
    try {
      const { dag, params, config } = held;
      const revised = await reviseParams({ schemas: dag.params, values: params, given, config });
      if (!revised.ok) throw new Error(`params of DAG "${dag.dagId}": ${revised.errors.join('; ')}`);
      return revised.values;
    } finally {
      this.busy = false;
    }
  }

  private failedTasks(): string[] {
    return (this.held?.instances ?? []).flatMap(({ key, state }) => (state === 'failed' ? [key] : []));
  }
}
