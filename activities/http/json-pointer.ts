import type { Json } from '../operator.js';

/** What a JSON pointer (RFC 6901) such as `/items/0/state` leads to; undefined when there is nothing. */
export function atPointer(value: Json, pointer: string): Json | undefined {
  const steps = pointer.split('/').slice(1);
  return steps.reduce<Json | undefined>((inner, step) => {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(inner)) return /^(0|[1-9]\d*)$/.test(name) ? inner[Number(name)] : undefined;
    if (typeof inner !== 'object' || inner === null) return undefined;
    return Object.hasOwn(inner, name) ? inner[name] : undefined;
  }, value);
}
