/** 64-bit integers written from doubles: making a BigInt for every value would take longer than all sampling. */
export class Int64Buffer {
  readonly values: BigInt64Array;
  private readonly halves: Uint32Array;

  constructor(length: number) {
    this.values = new BigInt64Array(length);
    this.halves = new Uint32Array(this.values.buffer);
  }

  /** @param value a safe integer */
  set(index: number, value: number): void {
    const low = value >>> 0;
    // Little-endian, as Arrow and the platforms that its JavaScript library supports.
    this.halves[2 * index] = low;
    this.halves[2 * index + 1] = (value - low) / 2 ** 32;
  }
}

/** Arrow's validity bitmap: a bit per value, least significant first, 0 for null. */
export class Validity {
  readonly bytes: Uint8Array;

  constructor(length: number) {
    this.bytes = new Uint8Array(Math.ceil(length / 8));
  }

  set(index: number, valid: boolean): void {
    const byte = index >>> 3;
    const bit = 1 << (index & 7);
    this.bytes[byte] = valid ? (this.bytes[byte] as number) | bit : (this.bytes[byte] as number) & ~bit;
  }

  /** Marks `length` values from `offset` on, a multiple of 8, as valid. */
  setAll(offset: number, length: number): void {
    this.bytes.fill(0xff, offset >>> 3, Math.ceil((offset + length) / 8));
  }
}
