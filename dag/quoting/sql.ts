import type { QuotingName } from './codes.js';
import type { CodeReader } from './reader.js';

/**
 * Where in Spark SQL the reader is. In a `raw` string nothing can be escaped. `unsure` is for good: from there on Spark may read
 * the text in another way.
 */
type Place = 'bare' | "'" | '"' | '`' | "raw'" | 'raw"' | 'line comment' | 'comment' | 'unsure';

const wordCharacter = /[\p{L}\p{N}_]/u;

/** Follows Spark's own lexer (SqlBaseLexer.g4), as far as quotes and comments go. */
export class SqlReader implements CodeReader {
  #place: Place = 'bare';
  /** Whether a backslash takes what comes next. */
  #isEscaping = false;
  #isAfterValue = false;

  read(literal: string): void {
    // A value could be the `r` that makes a raw string of this one.
    if (this.#isAfterValue && this.#place === 'bare' && /^r?['"]/i.test(literal)) this.#place = 'unsure';
    this.#isEscaping = false;
    this.#isAfterValue = false;
    for (let at = 0; at < literal.length; ) at += this.#step(literal, at);
  }

  gap(literal: string, is: 'before' | 'behind'): '' | ' ' {
    if (this.#place !== 'bare') return '';
    // Two minuses are a comment, and `r` makes a raw string.
    return (is === 'before' ? literal.endsWith('-') : /^['"]/.test(literal)) ? ' ' : '';
  }

  place(): QuotingName {
    this.#isAfterValue = true;
    if (this.#isEscaping) return 'sqlPlain';
    if (this.#place === "'" || this.#place === '"') return 'sqlText';
    return this.#place === '`' ? 'sqlName' : 'sqlPlain';
  }

  /** Reads what is at a position, and gives how many characters that are. */
  #step(text: string, at: number): number {
    const character = text[at] ?? '';
    switch (this.#place) {
      case 'bare':
        return this.#bare(text, at);
      case "'":
      case '"':
        if (character === '\\') {
          this.#isEscaping = at + 1 === text.length;
          return 2;
        }
        // Of a quote that is doubled the second opens the string again: to quotes that is the same.
        if (character === this.#place) this.#place = 'bare';
        return 1;
      case '`':
        if (character === '`') this.#place = 'bare';
        return 1;
      case "raw'":
      case 'raw"':
        if (character === this.#place.at(-1)) this.#place = 'bare';
        return 1;
      case 'line comment':
        if (character === '\\' && text[at + 1] === '\n') return 2;
        if (character === '\n' || character === '\r') this.#place = 'bare';
        return 1;
      case 'comment':
        if (text.startsWith('/*', at)) this.#place = 'unsure';
        else if (text.startsWith('*/', at)) this.#place = 'bare';
        return text.startsWith('*/', at) ? 2 : 1;
      case 'unsure':
        return 1;
    }
  }

  #bare(text: string, at: number): number {
    const character = text[at] ?? '';
    if (character === "'" || character === '"') {
      const isRaw = /r/i.test(text[at - 1] ?? '') && !wordCharacter.test(text[at - 2] ?? '');
      this.#place = isRaw ? `raw${character}` : character;
    } else if (character === '`') this.#place = '`';
    else if (text.startsWith('--', at)) this.#place = 'line comment';
    // A hint is code.
    else if (text.startsWith('/*', at) && text[at + 2] !== '+') {
      this.#place = 'comment';
      return 2;
    }
    // Strings between dollar signs, and addresses, in which quotes and dashes are no more than that.
    else if (character === '$' || text.startsWith('://', at)) this.#place = 'unsure';
    return 1;
  }
}

/**
 * What stands for a text between quotes of either kind. Spark puts variables in wherever a query has `${name}`, also in strings, and
 * even those of its process: neither sign stays as it is.
 */
export const escapeSql = (text: string): string =>
  text.replace(/[\\'"{]/g, '\\$&').replaceAll('$', () => '\\u0024');

/** Between backquotes nothing but these can be escaped. */
export const escapeName = (text: string): string | undefined =>
  /\$(\{|$)|^\{/.test(text) ? undefined : text.replaceAll('`', '``');
