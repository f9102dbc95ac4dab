/** 1234567 → `1,234,567`; nothing for a figure that is not there. */
export const count = (value: number | undefined): string =>
  value === undefined ? '' : value.toLocaleString('en-US');

/** Milliseconds → `0.8 s`, `42.1 s`, `3 min 05 s`. */
export function duration(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const rounded = Math.round(seconds);
  return `${Math.floor(rounded / 60)} min ${String(rounded % 60).padStart(2, '0')} s`;
}

/** Four significant digits, without an exponent. */
export const metric = (value: number): string =>
  value.toLocaleString('en-US', { maximumSignificantDigits: 4 });

/** Colours on terminals only, and not where NO_COLOR asks for none. */
export function painter(
  isTerminal: boolean,
): Record<'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan', (text: string) => string> {
  const paint = (code: number) => (text: string) =>
    isTerminal && !process.env.NO_COLOR ? `\u001B[${code}m${text}\u001B[0m` : text;
  return {
    bold: paint(1),
    dim: paint(2),
    red: paint(31),
    green: paint(32),
    yellow: paint(33),
    cyan: paint(36),
  };
}
