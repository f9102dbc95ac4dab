import { utf8ToBytes } from '@noble/hashes/utils.js';

/** Bytes that a value may have as one payload: Temporal takes 2 MiB, of which some go to its metadata and encryption. */
export const maxPayloadBytes = 1.9 * 1024 ** 2;

/** Bytes of a text in UTF-8, as it travels. */
export const utf8Length = (text: string): number => utf8ToBytes(text).length;

/** Bytes of a value as it travels, as JSON. */
export const jsonBytes = (value: unknown): number => utf8Length(JSON.stringify(value));

/**
 * Characters of a value as JSON; undefined when it is more than one payload takes. Of what is much larger no text is made:
 * hundreds of tasks may be given the same megabytes at once.
 */
export function payloadLength(value: object): number | undefined {
  if (leastBytes(value) > maxPayloadBytes) return undefined;
  const json = JSON.stringify(value);
  // A character takes three bytes at most, and few values are so long that they have to be counted.
  const isLarge = json.length * 3 > maxPayloadBytes && utf8Length(json) > maxPayloadBytes;
  return isLarge ? undefined : json.length;
}

/** A lower bound of {@link jsonBytes} that is found without making a text. */
export function leastBytes(value: unknown): number {
  if (typeof value === 'string') return value.length + 2;
  if (typeof value !== 'object' || value === null) return 1;
  let bytes = 2;
  if (Array.isArray(value)) {
    for (const inner of value) bytes += leastBytes(inner) + 1;
    return bytes - Math.min(value.length, 1);
  }
  for (const [key, inner] of Object.entries(value)) {
    if (inner !== undefined) bytes += key.length + 4 + leastBytes(inner);
  }
  return bytes - (bytes > 2 ? 1 : 0);
}
