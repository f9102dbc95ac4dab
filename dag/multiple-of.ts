/** Whether a number is a multiple of another, as the decimals that they are written as: 0.3 of 0.1, 4.35 of 0.01. */
export function isMultipleOf(value: number, step: number): boolean {
  const [dividend, divisor] = [decimalOf(value), decimalOf(step)];
  const exponent = Math.min(dividend.exponent, divisor.exponent);
  const scaled = ({ digits, exponent: own }: Decimal): bigint => digits * 10n ** BigInt(own - exponent);
  return scaled(dividend) % scaled(divisor) === 0n;
}

/** `digits` × 10^`exponent`. */
type Decimal = { digits: bigint; exponent: number };

function decimalOf(value: number): Decimal {
  const [mantissa = '', exponent = '0'] = String(value).split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length };
}
