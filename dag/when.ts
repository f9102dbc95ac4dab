import { splitTemplate } from './template.js';

/** The expression of a `when`, which may be written bare or as one template `${{ … }}`. */
export function unwrapCondition(when: string): string {
  const [only, ...rest] = splitTemplate(when.trim());
  return typeof only === 'object' && rest.length === 0 ? only.source : when.trim();
}
