import type { QuotingName } from './codes.js';
import type { CodeReader } from './reader.js';

/** Follows the strings of Python. Which prefixes they have is left open, so nothing in them is escaped. */
export class PythonReader implements CodeReader {
  /** The quotes of the string, or `#` in a comment; undefined in neither. */
  #end: string | undefined;
  /** Whether what is in the string may be code: `f"{x}"`. */
  #isFormat = false;
  #isEscaping = false;
  #isAfterValue = false;
  #isUnsure = false;

  read(literal: string): void {
    // A value could be the prefix of the string.
    if (this.#isAfterValue && this.#end === undefined && /^\w*['"]/.test(literal)) this.#isUnsure = true;
    this.#isAfterValue = false;
    this.#isEscaping = false;
    for (let at = 0; at < literal.length; ) at += this.#step(literal, at);
  }

  gap(): '' {
    return '';
  }

  place(): QuotingName {
    this.#isAfterValue = true;
    const isText = this.#end !== undefined && !this.#isFormat && !this.#isEscaping && !this.#isUnsure;
    return isText ? 'pythonText' : 'pythonNumber';
  }

  #step(text: string, at: number): number {
    const character = text[at] ?? '';
    if (this.#end === '#') {
      if (character === '\n' || character === '\r') this.#end = undefined;
      return 1;
    }
    if (this.#end !== undefined) {
      if (character === '\\') {
        this.#isEscaping = at + 1 === text.length;
        return 2;
      }
      // Code may follow, with quotes of its own.
      if (this.#isFormat && character === '{') this.#isUnsure = true;
      if (text.startsWith(this.#end, at)) {
        const { length } = this.#end;
        this.#end = undefined;
        return length;
      }
      return 1;
    }
    if (character === '#') this.#end = '#';
    if (character !== '"' && character !== "'") return 1;
    this.#isFormat = /[ft]/i.test(/\w*$/.exec(text.slice(Math.max(0, at - 3), at))?.[0] ?? '');
    const triple = character.repeat(3);
    this.#end = text.startsWith(triple, at) ? triple : character;
    return this.#end.length;
  }
}
