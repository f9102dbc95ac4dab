import { isPlainObject, onOneLine, show } from '../dag/json.js';

/** A key that nobody uses for anything else. Plain JSON, so that it is known on whatever way the value takes. */
const key = 'nightjar/unreadable';

/** Stands for a value from another process that can't be taken as it is, and says why in a line. */
export const unreadable = (problem: string): Record<string, string> => ({ [key]: problem });

/** Why a value from another process can't be taken as it is; undefined when it can. To be asked before anything else of it. */
export function unreadableProblem(value: unknown): string | undefined {
  if (!isPlainObject(value) || !Object.hasOwn(value, key)) return undefined;
  const problem = value[key];
  // Anyone can send the key, with anything: not all of it can be made text.
  return typeof problem === 'string' ? onOneLine(problem) : show(problem);
}
