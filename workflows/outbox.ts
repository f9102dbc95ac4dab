import { CancellationScope, sleep, workflowInfo } from '@temporalio/workflow';

/** Characters of JSON, which take up to three bytes each. */
const maxLength = 1024 ** 2;

/**
 * Spreads large inputs over several workflow tasks. Temporal takes four MiB from one of them in all; when it is more, the
 * server terminates the run.
 */
export class Outbox {
  private event = 0;
  private length = 0;
  private nextTask: Promise<void> | undefined;

  /**
   * Calls `send` at once, or in a later workflow task if this one has no room for it.
   *
   * @param length of what is sent, as JSON
   */
  send<T>(length: number, send: () => Promise<T>): Promise<T> {
    const { historyLength } = workflowInfo();
    if (historyLength !== this.event) {
      this.event = historyLength;
      this.length = 0;
    }
    if (this.length > 0 && this.length + length > maxLength) {
      this.nextTask ??= CancellationScope.nonCancellable(() => sleep(1)).finally(() => {
        this.nextTask = undefined;
      });
      return this.nextTask.then(() => this.send(length, send));
    }
    this.length += length;
    return send();
  }
}
