import type { Json } from '../operator.js';

/** The keys and indices of a JSON pointer (RFC 6901). */
export const pointerSteps = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

/** What a JSON pointer such as `/items/0/state` leads to; undefined when there is nothing. */
export function atPointer(value: Json, pointer: string): Json | undefined {
  return pointerSteps(pointer).reduce<Json | undefined>((inner, name) => {
    if (Array.isArray(inner)) return /^(0|[1-9]\d*)$/.test(name) ? inner[Number(name)] : undefined;
    if (typeof inner !== 'object' || inner === null) return undefined;
    return Object.hasOwn(inner, name) ? inner[name] : undefined;
  }, value);
}
