interface Name {
  name: string;
  /** Without case, `-` and `_`. */
  folded: string;
  letters: number;
  index: number;
}

/** Names that are compared at most with all that are wanted: where thousands are unknown, they aren't slips. */
const maxComparisons = 2_000_000;

/** Names that something may be meant by, arranged so that the nearest one is found without comparing all letters of all. */
export class Names {
  /** By length without case, `-` and `_`. */
  readonly #byLength = new Map<number, Name[]>();
  #comparisons = 0;

  constructor(names: Iterable<string>) {
    let index = 0;
    for (const name of names) {
      const folded = fold(name);
      const same = this.#byLength.get(folded.length) ?? [];
      this.#byLength.set(folded.length, same);
      same.push({ name, folded, letters: lettersOf(folded), index: index++ });
    }
  }

  /** See {@link nearest}. */
  nearest(wanted: string): string | undefined {
    if (this.#comparisons > maxComparisons) return undefined;
    const folded = fold(wanted);
    const letters = lettersOf(folded);
    let best: { name: string; distance: number; index: number } | undefined;
    const lengths = [...this.#byLength].map(([length, names]) => ({
      names,
      gap: Math.abs(length - folded.length),
    }));
    for (const { gap, names } of lengths.sort((a, b) => a.gap - b.gap)) {
      if (best !== undefined && gap > best.distance) break;
      this.#comparisons += names.length;
      for (const each of names) {
        const limit = Math.min(tolerance(each.name), best?.distance ?? Number.POSITIVE_INFINITY);
        if (gap > limit || leastDistance(letters, each.letters) > limit) continue;
        const distance = editDistance(folded, each.folded, limit);
        if (distance > limit) continue;
        if (best === undefined || distance < best.distance || each.index < best.index) {
          best = { name: each.name, distance, index: each.index };
        }
      }
    }
    return best?.name;
  }
}

/**
 * The candidate closest to `name`, for "did you mean" hints: case, `-` and `_` don't count, and a swap of two
 * neighbours is one mistake. Undefined when none is close enough to be a likely slip: a third of its letters, none of
 * one or two.
 */
export function nearest(name: string, candidates: Iterable<string> | Names): string | undefined {
  return (candidates instanceof Names ? candidates : new Names(candidates)).nearest(name);
}

/** `did you mean 'x'?`, or undefined when nothing is near. */
export function didYouMean(name: string, candidates: Iterable<string> | Names): string | undefined {
  const match = nearest(name, candidates);
  return match === undefined ? undefined : `did you mean '${match}'?`;
}

function tolerance(name: string): number {
  return Math.floor(name.length / 3);
}

/** A name without case, `-` and `_`. */
export function fold(name: string): string {
  return name.toLowerCase().replace(/[-_]/g, '');
}

/** Which letters a name has, one bit for several of them. */
function lettersOf(name: string): number {
  let letters = 0;
  for (let at = 0; at < name.length; at++) letters |= 1 << (name.charCodeAt(at) & 31);
  return letters;
}

/** A lower bound of the distance: every letter that only one of two names has is a mistake. */
function leastDistance(one: number, other: number): number {
  return Math.max(bits(one & ~other), bits(other & ~one));
}

function bits(of: number): number {
  let count = 0;
  for (let left = of; left !== 0; left &= left - 1) count++;
  return count;
}

/** Longest names that are compared letter by letter. */
const maxCompared = 250;

/** Rows of the comparison, kept so that none has to be made for each pair. */
const rows = [0, 1, 2].map(() => new Int32Array(maxCompared + 2));

/**
 * Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours. Given up where it must be
 * more than the limit, with a larger number.
 */
function editDistance(a: string, b: string, limit: number): number {
  const far = limit + 1;
  if (Math.max(a.length, b.length) > maxCompared) return a === b ? 0 : far;
  let [beforeLast, last, row] = rows as [Int32Array, Int32Array, Int32Array];
  for (let column = 0; column <= b.length; column++) last[column] = column;
  let lastLeast = 0;
  for (let i = 1; i <= a.length; i++) {
    const from = Math.max(1, i - limit);
    const to = Math.min(b.length, i + limit);
    const letter = a.charCodeAt(i - 1);
    row[from - 1] = from === 1 ? i : far;
    let least = from === 1 ? i : far;
    for (let j = from; j <= to; j++) {
      const other = b.charCodeAt(j - 1);
      let cost = Math.min(
        (last[j] as number) + 1,
        (row[j - 1] as number) + 1,
        (last[j - 1] as number) + (letter === other ? 0 : 1),
      );
      if (i > 1 && j > 1 && letter === b.charCodeAt(j - 2) && a.charCodeAt(i - 2) === other) {
        cost = Math.min(cost, (beforeLast[j - 2] as number) + 1);
      }
      row[j] = cost;
      if (cost < least) least = cost;
    }
    // What lies beyond is looked at by the next row alone.
    if (to < b.length) row[to + 1] = far;
    if (least > limit && lastLeast >= limit) return far;
    [beforeLast, last, row] = [last, row, beforeLast];
    lastLeast = least;
  }
  return last[b.length] as number;
}
