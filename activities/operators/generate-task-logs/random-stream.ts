import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

/**
 * What each stream of random numbers is for. Every column of every block of rows has a stream of its own, so that
 * its values depend on seed, column and row alone: not on shards, nor on how much other columns draw.
 */
export const streams = {
  createdAt: 1,
  project: 2,
  user: 3,
  taskType: 4,
  priority: 5,
  complexity: 6,
  duration: 7,
  estimate: 8,
  wait: 9,
  elapsed: 10,
  status: 11,
  badKind: 12,
  badValue: 13,
  daily: 20,
  projects: 21,
  users: 22,
} as const;

/** Rows that share streams: row i belongs to block ⌊i / blockRows⌋, shards and files are whole blocks. */
export const blockRows = 1024;

/** A reproducible stream of random numbers, addressed by seed, stream number and block. */
export class RandomStream {
  private readonly generator;

  constructor(seed: number, stream: number, block = 0) {
    // Each word keeps a part of the address and depends on the parts before it: neighbours share no pattern.
    const a = mix(seed);
    const b = mix(stream ^ a);
    const c = mix(block ^ b);
    this.generator = xoroshiro128plusFromState([a, b, c, mix(a ^ c) | 1]);
    for (let i = 0; i < 8; i += 1) this.generator.next();
  }

  /** Uniform in [0, 1), a multiple of 2⁻³². */
  uniform(): number {
    return (this.generator.next() >>> 0) * 2 ** -32;
  }

  /**
   * Fills `target` with standard normal draws: the polar method (Marsaglia and Bray 1964), which makes them in pairs.
   * Written here because d3-random, one draw a call, takes twice as long.
   */
  fillNormals(target: Float64Array): Float64Array {
    for (let i = 0; i < target.length; i += 2) {
      let x: number;
      let y: number;
      let square: number;
      do {
        x = 2 * this.uniform() - 1;
        y = 2 * this.uniform() - 1;
        square = x * x + y * y;
      } while (square >= 1 || square === 0);
      const factor = Math.sqrt((-2 * Math.log(square)) / square);
      target[i] = x * factor;
      // Of an odd number, the last one's twin falls off the end.
      target[i + 1] = y * factor;
    }
    return target;
  }
}

/** The finalizer of MurmurHash3 (Appleby), a bijection of 32-bit integers in which every input bit moves every output bit. */
function mix(value: number): number {
  let hash = (value + 0x9e3779b9) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
