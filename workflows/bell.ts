/**
 * Tells one waiter that something has happened. It costs a promise; the SDK's `condition`, tried after each activation, costs
 * a further way into the sandbox, which is a fifth of what a task costs there.
 */
export class Bell {
  private isRung = false;
  private wake: (() => void) | undefined;

  ring(): void {
    this.isRung = true;
    this.wake?.();
  }

  /** What rang before this doesn't count. */
  reset(): void {
    this.isRung = false;
  }

  /** Resolves when it rings; at once if it has since the last reset. All that ends at the same moment rings once. */
  rung(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isRung) resolve();
      else this.wake = resolve;
    });
  }
}
