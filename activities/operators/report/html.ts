/** HTML that is safe to put into a page: made by {@link html} or {@link trustedHtml} only. */
export class Html {
  constructor(private readonly source: string) {}
  toString(): string {
    return this.source;
  }
}

export type HtmlPart = Html | string | number | HtmlPart[];

/** Builds HTML from a template: whatever is put in is escaped, save HTML that was built the same way. */
export function html(strings: TemplateStringsArray, ...parts: HtmlPart[]): Html {
  return new Html(String.raw({ raw: strings }, ...parts.map(toSource)));
}

/** Marks text that was produced as markup, such as a chart's SVG, as safe. Never for data. */
export function trustedHtml(source: string): Html {
  return new Html(source);
}

function toSource(part: HtmlPart): string {
  if (part instanceof Html) return part.toString();
  return Array.isArray(part) ? part.map(toSource).join('') : escapeHtml(String(part));
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for element content and quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
