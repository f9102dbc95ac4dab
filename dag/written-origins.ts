import type { Json } from './json.js';

/** Scheme, host and port of an address, where all of them stand before the first template. */
const origin = /^\s*(https?:\/\/[^/?#\\@\s${}]{1,255})(?:[/?#]|\s*$)/i;

/** Origins are few: what names more is data rather than a document. */
const most = 100;

/**
 * The origins, such as `https://api.example.com`, of the addresses that a document itself writes: values by the name `url`, and
 * items of lists that a task is mapped over. Whoever writes a document may let it ask whatever server; whoever chooses the params
 * of its runs may not.
 */
export function writtenOrigins({ with: params, expand = {} }: { with: Json; expand?: Json }): string[] {
  const found = new Set<string>();
  const visit = (value: Json, isAddress: boolean): void => {
    if (found.size >= most) return;
    if (typeof value === 'string') {
      const [, written] = (isAddress && origin.exec(value)) || [];
      if (written !== undefined) found.add(written);
    } else if (Array.isArray(value)) for (const item of value) visit(item, isAddress);
    else if (typeof value === 'object' && value !== null)
      for (const [name, inner] of Object.entries(value)) visit(inner, isAddress || name === 'url');
  };
  visit(params, false);
  visit(expand, true);
  return [...found];
}
