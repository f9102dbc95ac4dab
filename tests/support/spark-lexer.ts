/** Spark's lexer (SqlBaseLexer.g4) as far as quotes and comments go: each token as its kind and text. */
export function sparkTokens(sql: string): [kind: string, text: string][] {
  const tokens: [string, string][] = [];
  for (let rest = sql; rest !== ''; ) {
    // The longest match counts, of those the first.
    const [kind, text] = rules
      .map(([kind, rule]) => [kind, rule.exec(rest)?.[0] ?? ''] as const)
      .reduce((best, next) => (next[1].length > best[1].length ? next : best));
    tokens.push([kind, text]);
    rest = rest.slice(text.length);
  }
  return tokens.filter(([kind]) => kind !== 'space');
}

const rules: [kind: string, rule: RegExp][] = [
  ['string', /^'(?:[^'\\]|\\[\s\S]|'')*'|^"(?:[^"\\]|\\[\s\S]|"")*"/],
  ['raw string', /^r'[^']*'|^r"[^"]*"/i],
  ['dollar string', /^(\$[A-Za-z]*\$)[\s\S]*?\1/],
  ['name', /^`(?:[^`]|``)*`/],
  ['comment', /^--(?:\\\n|[^\r\n])*\r?\n?|^\/\*(?!\+)[\s\S]*?(?:\*\/|$)/],
  ['word', /^[\p{L}\d_]+|^\p{L}+:\/\/[\p{L}\d_/\-.?=&#%]+/u],
  ['space', /^[ \r\n\t]+/],
  ['symbol', /^[\s\S]/],
];

/** The value of a string literal: Spark's `unescapeSQLString`. */
export const valueOfLiteral = (literal: string): string =>
  literal
    .slice(1, -1)
    .replace(/\\u([0-9A-Fa-f]{4})|\\([0-3][0-7]{2})|\\([\s\S])|''|""/g, (whole, hex, octal, character) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      if (character === undefined) return whole[0] ?? '';
      const special: Record<string, string> = { 0: '\0', b: '\b', n: '\n', r: '\r', t: '\t', Z: '\u001a' };
      return '%_'.includes(character) ? whole : (special[character] ?? character);
    });
