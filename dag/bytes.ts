const units = { k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 } as const;

/** Bytes of a size such as `500m`, `2g` or `1.5t`; undefined when it is none. */
export function parseBytes(text: string): number | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)([kmgt])$/.exec(text) ?? [];
  return unit === undefined ? undefined : Math.round(Number(amount) * units[unit as keyof typeof units]);
}

/** 1234567 → `1.2 MiB`. */
export function formatBytes(bytes: number): string {
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), names.length - 1);
  const amount = bytes / 1024 ** power;
  return `${power === 0 ? amount : amount.toFixed(1)} ${names[power]}`;
}
