import type {
  AddressedAnswer,
  CarriedEntry,
  CarriedSlots,
  Holder,
  SlotRelease,
  SlotRequest,
  SlotView,
} from './messages.js';

type Entry = {
  holder: Holder;
  key: string;
  request: string;
  slots: number;
  priority: number;
  /** Milliseconds since 1970: held or waiting since. */
  since: number;
  isHeld: boolean;
};

/**
 * Slots that are leased to whoever asks, larger priorities first, then by arrival. Strictly in this order: a request
 * for many slots isn't overtaken by later ones for few, which would starve it. Pure: it has no clock and sends nothing.
 */
export class Semaphore {
  /** All that is held or waited for, by lease id. */
  readonly #entries = new Map<string, Entry>();
  /** Those that wait, in the order in which they are served. */
  #queue: Entry[] = [];
  #answers: AddressedAnswer[] = [];
  #used = 0;
  /** The run that last asked, by workflow id. */
  readonly #asking = new Map<string, string>();

  constructor(
    private readonly name: string,
    private size: number,
    carried: CarriedSlots = { holders: [], leases: [], queue: [], answers: [] },
  ) {
    for (const lease of carried.leases) this.#lease(this.#takeOver(lease, carried.holders));
    this.#queue = carried.queue.map((waiting) => this.#takeOver(waiting, carried.holders));
    this.#answers = [...carried.answers];
  }

  get slots(): number {
    return this.size;
  }
  get used(): number {
    return this.#used;
  }
  get queued(): number {
    return this.#queue.reduce((sum, { slots }) => sum + slots, 0);
  }
  get isWaitedFor(): boolean {
    return this.#queue.length > 0;
  }
  get isIdle(): boolean {
    return this.#entries.size === 0;
  }

  /** Takes a request in. One for a key that holds its slots already is granted again; one that waits keeps its place. */
  acquire({ workflowId, firstRunId, key, request, slots, priority, size }: SlotRequest, now: number): void {
    if (size !== undefined) this.resize(size);
    const holder = { workflowId, firstRunId };
    // One workflow is open under an id at a time: what an earlier one held is nobody's.
    const before = this.#asking.get(workflowId);
    if (before !== undefined && before !== firstRunId) this.forget({ workflowId, firstRunId: before });
    this.#asking.set(workflowId, firstRunId);
    const known = this.#entries.get(leaseId({ workflowId, key }));
    if (known !== undefined) {
      known.request = request;
      if (known.isHeld) this.#answers.push({ to: holder, answer: { request } });
      return;
    }
    const entry = { holder, key, request, slots, priority, since: now, isHeld: false };
    this.#entries.set(leaseId({ workflowId, key }), entry);
    const after = this.#queue.findLastIndex((other) => other.priority >= priority);
    this.#queue.splice(after + 1, 0, entry);
  }

  release(release: SlotRelease): void {
    const entry = this.#entries.get(leaseId(release));
    if (entry !== undefined) this.#remove(entry);
  }

  /** Frees all that a workflow held and waited for, because it is gone. */
  forget({ workflowId, firstRunId }: Holder): void {
    for (const entry of this.#entries.values()) {
      const { holder } = entry;
      if (holder.workflowId === workflowId && holder.firstRunId === firstRunId) this.#remove(entry);
    }
  }

  /** Leases beyond a smaller size stand until they are given back. */
  resize(slots: number): void {
    this.size = slots;
  }

  /** Grants what can be granted now and refuses what never can. Each answer is given once. */
  answer(now: number): AddressedAnswer[] {
    for (const entry of this.#queue.filter(({ slots }) => slots > this.size)) {
      this.#remove(entry);
      const refused = tooLarge(this.name, entry, this.size);
      this.#answers.push({ to: entry.holder, answer: { request: entry.request, refused } });
    }
    let granted = 0;
    for (const entry of this.#queue) {
      if (this.#used + entry.slots > this.size) break;
      entry.since = now;
      this.#lease(entry);
      this.#answers.push({ to: entry.holder, answer: { request: entry.request } });
      granted++;
    }
    this.#queue.splice(0, granted);
    const answers = this.#answers;
    this.#answers = [];
    return answers;
  }

  /** Everyone who holds slots, once. */
  holders(): Holder[] {
    const held = this.#held().map(({ holder }) => [holderId(holder), holder] as const);
    return [...new Map(held).values()];
  }

  view(): { holders: SlotView[]; queue: SlotView[] } {
    return { holders: this.#held().map(slotView), queue: this.#queue.map(slotView) };
  }

  carry(): CarriedSlots {
    const holders: Holder[] = [];
    const indices = new Map<string, number>();
    const carried = ({ holder, key, request, slots, priority, since }: Entry): CarriedEntry => {
      const index = indices.get(holderId(holder)) ?? holders.push(holder) - 1;
      indices.set(holderId(holder), index);
      return [index, key, request, slots, priority, since];
    };
    return {
      leases: this.#held().map(carried),
      queue: this.#queue.map(carried),
      holders,
      answers: this.#answers,
    };
  }

  #takeOver([index, key, request, slots, priority, since]: CarriedEntry, holders: readonly Holder[]): Entry {
    const holder = holders[index];
    if (holder === undefined)
      throw new Error(`pool "${this.name}": ${key} was carried over without its holder`);
    const { workflowId, firstRunId } = holder;
    const entry = { holder, key, request, slots, priority, since, isHeld: false };
    this.#entries.set(leaseId({ workflowId, key }), entry);
    this.#asking.set(workflowId, firstRunId);
    return entry;
  }

  #held(): Entry[] {
    return [...this.#entries.values()].filter(({ isHeld }) => isHeld);
  }

  #lease(entry: Entry): void {
    entry.isHeld = true;
    this.#used += entry.slots;
  }

  #remove(entry: Entry): void {
    this.#entries.delete(leaseId({ workflowId: entry.holder.workflowId, key: entry.key }));
    if (entry.isHeld) this.#used -= entry.slots;
    else this.#queue.splice(this.#queue.indexOf(entry), 1);
  }
}

/** Why a request can't ever be granted. */
export const tooLarge = (
  pool: string,
  { key, slots }: { key: string; slots: number },
  size: number,
): string =>
  `${key} needs ${slots} slots of pool "${pool}", which has ${size}: give it fewer poolSlots or the pool more slots`;

const leaseId = ({ workflowId, key }: SlotRelease): string => `${workflowId}/${key}`;

const holderId = ({ workflowId, firstRunId }: Holder): string => `${workflowId} ${firstRunId}`;

const slotView = ({ holder, key, slots, priority, since }: Entry): SlotView => ({
  workflowId: holder.workflowId,
  key,
  slots,
  priority,
  since: new Date(since).toISOString(),
});
