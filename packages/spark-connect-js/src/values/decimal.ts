import { PrintedValue } from './printed-value.js';

const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** An exact decimal number, `unscaled` × 10^-`scale`: the value of Spark's DECIMAL columns. Immutable. */
export class Decimal extends PrintedValue {
  private constructor(
    readonly unscaled: bigint,
    /** Digits after the point; 0 or more. */
    readonly scale: number,
  ) {
    super();
  }

  static of(unscaled: bigint, scale: number): Decimal {
    return scale >= 0 ? new Decimal(unscaled, scale) : new Decimal(unscaled * 10n ** BigInt(-scale), 0);
  }

  /**
   * Reads a number such as `-12.50`, keeping its scale, or takes a JavaScript number at its shortest notation.
   * @throws TypeError when it is not a finite decimal number
   */
  static from(value: string | number | bigint | Decimal): Decimal {
    if (value instanceof Decimal) return value;
    if (typeof value === 'bigint') return new Decimal(value, 0);
    const [, sign, whole = '', fraction = '', exponent = '0'] = pattern.exec(String(value).trim()) ?? [];
    if (sign === undefined || whole + fraction === '') throw new TypeError(`Not a decimal number: ${value}`);
    const digits = BigInt(whole + fraction);
    return Decimal.of(sign === '-' ? -digits : digits, fraction.length - Number(exponent));
  }

  /**
   * The same number with another scale.
   * @throws RangeError when digits other than zero would be lost
   */
  withScale(scale: number): Decimal {
    if (scale === this.scale) return this;
    if (scale > this.scale) return new Decimal(this.unscaled * 10n ** BigInt(scale - this.scale), scale);
    const divisor = 10n ** BigInt(this.scale - scale);
    if (this.unscaled % divisor !== 0n)
      throw new RangeError(`${this} has more than ${scale} digits after the point`);
    return new Decimal(this.unscaled / divisor, scale);
  }

  /** Number of significant digits. */
  get precision(): number {
    return Math.max(String(this.unscaled < 0n ? -this.unscaled : this.unscaled).length, this.scale);
  }

  /** Negative, zero or positive, as for sorting; compares numbers, whatever their scales. */
  compare(other: Decimal): number {
    const scale = Math.max(this.scale, other.scale);
    const difference = this.withScale(scale).unscaled - other.withScale(scale).unscaled;
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }

  equals(other: Decimal): boolean {
    return this.compare(other) === 0;
  }

  /** The nearest JavaScript number; may lose digits. */
  toNumber(): number {
    return Number(this.toString());
  }

  /** All digits, such as `-12.50`. */
  override toString(): string {
    const digits = String(this.unscaled < 0n ? -this.unscaled : this.unscaled).padStart(this.scale + 1, '0');
    const point = digits.length - this.scale;
    const text = this.scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`;
    return this.unscaled < 0n ? `-${text}` : text;
  }
}
