import { stat } from 'node:fs/promises';

/** How close to a change a file may have been read for another change to go unseen, in milliseconds: file systems tick. */
const changeMargin = 50;

/** What was made of a file, and all files that it was made from; `undefined` when that can't be known, so that it is made afresh. */
export type Made<T> = { value: T; from: readonly string[] | undefined };

/** Keeps what was made of files until one that it was made from is changed, added or removed. */
export class FileCache<T> {
  readonly #kept = new Map<string, { stamps: ReadonlyMap<string, string>; value: T }>();
  readonly #making = new Map<string, Promise<T>>();

  get(file: string, make: () => Promise<Made<T>>): Promise<T> {
    const making = this.#making.get(file) ?? this.#get(file, make);
    this.#making.set(file, making);
    return making.finally(() => this.#making.delete(file));
  }

  async #get(file: string, make: () => Promise<Made<T>>): Promise<T> {
    const kept = this.#kept.get(file);
    if (kept !== undefined && (await isCurrent(kept.stamps))) return kept.value;
    this.#kept.delete(file);
    const started = Date.now();
    const { value, from } = await make();
    const stats = await Promise.all((from ?? []).map(async (path) => [path, await look(path)] as const));
    const settled = stats.every(([, { changedAt }]) => changedAt < started - changeMargin);
    if (from !== undefined && settled) {
      this.#kept.set(file, { stamps: new Map(stats.map(([path, { stamp }]) => [path, stamp])), value });
    }
    return value;
  }
}

async function isCurrent(stamps: ReadonlyMap<string, string>): Promise<boolean> {
  const same = [...stamps].map(async ([path, stamp]) => (await look(path)).stamp === stamp);
  return (await Promise.all(same)).every(Boolean);
}

/** A file's time of change and size; one that isn't there has a stamp too. */
async function look(path: string): Promise<{ stamp: string; changedAt: number }> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return { stamp: 'none', changedAt: 0 };
  return { stamp: `${found.mtimeMs} ${found.size}`, changedAt: found.mtimeMs };
}
