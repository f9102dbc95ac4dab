import { sleep } from '@temporalio/workflow';
import type { FinishedTask } from '../activities/operator.js';
import type { StartDecision, TriggerDecision, WaitDecision } from '../dag/decision.js';
import { inlineLength, type LargeInputs } from './large-inputs.js';
import { Outbox } from './outbox.js';
import { triggerDag } from './sub-dag.js';
import { type EndedTask, failedBefore, runTask, type TaskRun, type TaskStart } from './task-run.js';

/** What the performer asks the run. */
export type RunFacts = {
  finishedTasks(): FinishedTask[];
  /** Whether an instance was tried before, while the run was held. */
  isResumed(key: string): boolean;
};

/** Performs what the state machine starts: an operator's activity, a run of another DAG, or a wait. */
export class TaskPerformer {
  private readonly outbox = new Outbox();

  constructor(
    private readonly shared: TaskRun,
    private readonly largeInputs: LargeInputs,
    private readonly facts: RunFacts,
  ) {}

  /** Never rejects: a failure or cancellation is how the instance ended. */
  perform(decision: StartDecision | WaitDecision | TriggerDecision): Promise<EndedTask> {
    if (decision.kind === 'start') return this.start(decision);
    return decision.kind === 'trigger' ? this.trigger(decision) : waitFor(decision);
  }

  private trigger(decision: TriggerDecision): Promise<EndedTask> {
    const { trigger, instance } = decision;
    return this.outbox.send(JSON.stringify(trigger).length, () =>
      triggerDag(decision, this.shared.run.logicalDate, this.facts.isResumed(instance.key)),
    );
  }

  private start(decision: StartDecision): Promise<EndedTask> {
    const readsFinished = this.shared.traits[decision.task.operator]?.readsFinishedTasks === true;
    const start: TaskStart = readsFinished
      ? { ...decision, finishedTasks: this.facts.finishedTasks() }
      : decision;
    const length = inlineLength(start);
    return length === undefined
      ? this.largeInputs
          .keep(start)
          .then((inputFile) => runTask({ ...decision, params: {}, inputFile }, this.shared), failedBefore)
      : this.outbox.send(length, () => runTask(start, this.shared));
  }
}

async function waitFor({ wait, end = { state: 'success' } }: WaitDecision): Promise<EndedTask> {
  const startedAt = Date.now();
  const milliseconds = 'until' in wait ? Date.parse(wait.until) - startedAt : wait.milliseconds;
  try {
    if (milliseconds > 0) await sleep(milliseconds);
    return { outcome: end, startedAt, finishedAt: Date.now() };
  } catch {
    return { outcome: { state: 'failed', reason: 'cancelled' }, startedAt, finishedAt: Date.now() };
  }
}
