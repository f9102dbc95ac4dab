import type { History } from './files.js';

/** Ids that only the server needs, once: they would be most of a compressed file. */
const onlyTheServers = new Set(['requestId', 'taskId']);

/**
 * A history without what it knows of the machine that it was recorded on: who worked on it, stack traces, and the given
 * texts, each replaced by what stands beside it. None of what is changed or left out takes part in a replay.
 */
export function neutral(history: History, texts: ReadonlyMap<string, string>): History {
  const replaced = (text: string): string =>
    [...texts].reduce((result, [from, to]) => result.replaceAll(from, to), text);
  const walk = (value: unknown, key?: string): unknown => {
    if (typeof value === 'string') {
      if (key === 'stackTrace') return '';
      return key === 'identity' ? 'worker' : replaced(value);
    }
    if (value instanceof Uint8Array) return Buffer.from(replaced(Buffer.from(value).toString('utf8')));
    if (Array.isArray(value)) return value.map((item) => walk(item));
    if (!isMessage(value)) return value;
    const entries = Object.entries(value)
      .filter(([name]) => !onlyTheServers.has(name))
      .map(([name, inner]): [string, unknown] => [name, walk(inner, name)]);
    // A worker's own queue is named after it; `normalName` says which it serves.
    return Object.fromEntries(value.normalName ? [...entries, ['name', 'worker']] : entries);
  };
  return walk(history) as History;
}

/** Messages and maps, but not Long, which has methods of its own. */
const isMessage = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !('unsigned' in value);
