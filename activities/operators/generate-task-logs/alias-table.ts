/**
 * Draws 0…n−1 with given weights in constant time: the alias method (Walker 1977, set up as by Vose 1991). Written
 * here because sampling libraries search a cumulative table for every draw.
 */
export class AliasTable {
  private readonly threshold: Float64Array;
  private readonly alias: Int32Array;

  /** @param weights relative, not negative, at least one above 0 */
  constructor(weights: ArrayLike<number>) {
    const count = weights.length;
    const mean = Array.from(weights).reduce((sum, weight) => sum + weight, 0) / count;
    this.threshold = Float64Array.from(weights, (weight) => weight / mean);
    this.alias = Int32Array.from(weights, (_, i) => i);
    const scaled = this.threshold;
    const small: number[] = [];
    const large: number[] = [];
    scaled.forEach((weight, i) => {
      (weight < 1 ? small : large).push(i);
    });
    // Each slot of weight below 1 is topped up by one of weight above 1, which keeps the rest.
    for (;;) {
      const poor = small.pop();
      const rich = large.pop();
      if (poor === undefined || rich === undefined) {
        // Rounding alone leaves a slot over: it is full.
        for (const rest of [poor, rich, ...small, ...large]) if (rest !== undefined) scaled[rest] = 1;
        return;
      }
      this.alias[poor] = rich;
      const left = (scaled[rich] as number) - (1 - (scaled[poor] as number));
      scaled[rich] = left;
      (left < 1 ? small : large).push(rich);
    }
  }

  /** @param uniform a draw from [0, 1): its whole part picks the slot, its fraction one of the slot's two values */
  sample(uniform: number): number {
    const position = uniform * this.threshold.length;
    const slot = position | 0;
    return position - slot < (this.threshold[slot] as number) ? slot : (this.alias[slot] as number);
  }
}

/** Zipf's law: `1 / rank^exponent` for the ranks 1…count. */
export function zipfWeights(count: number, exponent: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => (i + 1) ** -exponent);
}
