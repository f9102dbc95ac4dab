import { EventEmitter, once } from 'node:events';

/** Gates that tasks in the test's process wait at until the test opens them. */
export class Gates {
  private readonly events = new EventEmitter().setMaxListeners(0);
  private readonly seen = new Set<string>();

  /** Waits, as a task, until the gate is open. @throws AbortError when the task is to end before */
  async pass(name: string, signal: AbortSignal): Promise<void> {
    this.note(`reached ${name}`);
    await this.noted(`open ${name}`, signal);
  }

  /** Resolves when a task has come to the gate. */
  reached(name: string): Promise<void> {
    return this.noted(`reached ${name}`);
  }

  /** Lets pass whoever waits there or comes later. */
  open(name: string): void {
    this.note(`open ${name}`);
  }

  private note(what: string): void {
    this.seen.add(what);
    this.events.emit(what);
  }

  private async noted(what: string, signal?: AbortSignal): Promise<void> {
    if (!this.seen.has(what)) await once(this.events, what, { signal });
  }
}
