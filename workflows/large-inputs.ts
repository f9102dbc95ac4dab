import {
  ApplicationFailure,
  CancellationScope,
  patched,
  proxyLocalActivities,
  sleep,
} from '@temporalio/workflow';
import type { LargeInputActivities } from '../activities/context/large-input.js';
import { formatBytes } from '../dag/bytes.js';
import { leastBytes, payloadLength } from '../dag/payload.js';
import { maxInlineBytes } from './history-budget.js';
import { identityOf, type TaskRun, type TaskStart } from './task-run.js';

/** Of JSON, about. The workflow has all of it in memory, some times over. */
const maxInputBytes = 64 * 1024 ** 2;

const { keepInput } = proxyLocalActivities<LargeInputActivities>({
  startToCloseTimeout: '5m',
  retry: { initialInterval: '1s', maximumInterval: '30s', maximumAttempts: 5 },
});

type Input = Pick<TaskStart, 'params' | 'finishedTasks'>;

/** What makes the input of a task instance large or small. */
const variableInput = ({ params, finishedTasks }: Input): Input =>
  finishedTasks === undefined ? { params } : { params, finishedTasks };

/** Characters of an input as JSON, when it is one that the history takes; undefined when it goes by a file. */
export function inlineLength(start: Input): number | undefined {
  const length = payloadLength(variableInput(start));
  // Earlier releases had all inputs in the history, and came to a halt at what no payload holds.
  return length === undefined || (length > maxInlineBytes && patched('inputs-by-file')) ? undefined : length;
}

/** Inputs that a history doesn't take, such as all outputs of a mapped task: files have them. */
export class LargeInputs {
  private last: Promise<unknown> = Promise.resolve();
  /** Characters that were written in this workflow task. */
  private written = 0;

  constructor(private readonly shared: TaskRun) {}

  /**
   * Writes the input of a task instance into a file, and gives the file. One after the other, and a workflow task writes only
   * so much: none may take seconds.
   *
   * @throws ApplicationFailure InputTooLarge; ActivityFailure when the file can't be written
   */
  keep(start: Omit<TaskStart, 'task'>): Promise<string> {
    const turn = this.last.then(() => this.write(start));
    this.last = turn.then(
      () => this.rest(),
      () => undefined,
    );
    return turn;
  }

  private write({ instance, ...start }: Omit<TaskStart, 'task'>): Promise<string> {
    const input = variableInput(start);
    if (leastBytes(input) > maxInputBytes) {
      throw ApplicationFailure.nonRetryable(
        `task "${instance.key}" would be given more than ${formatBytes(maxInputBytes)} of JSON; write data to datasets and hand over their references`,
        'InputTooLarge',
      );
    }
    const json = JSON.stringify(input);
    this.written += json.length;
    const { dag, run } = this.shared;
    return keepInput({ dag, run, task: identityOf(instance, this.shared), json });
  }

  private async rest(): Promise<void> {
    if (this.written < maxInputBytes) return;
    await CancellationScope.nonCancellable(() => sleep(1));
    this.written = 0;
  }
}
