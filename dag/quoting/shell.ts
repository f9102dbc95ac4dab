import type { QuotingName } from './codes.js';
import type { CodeReader } from './reader.js';

/** What the reader is in, from outside to inside. */
type Context = 'command' | 'arithmetic' | 'expansion' | 'single' | 'double' | 'comment';

/**
 * Programs that take code in their turn: what is quoted for the shell would be executed by them. A shell or an interpreter does so with
 * an option, or when it reads its standard input; a script that it is given takes values as they are.
 */
const takesCode = [
  /(?:^|[^\w.-])(?:eval|trap|ssh|su|watch|parallel|[gmn]?awk|sed|jq|psql|mysql|sqlite3|duckdb|spark-sql|beeline)(?![\w.-])/,
  /(?:^|[^\w.-])(?:(?:ba|da|z|k|mk|a|fi|c|tc)?sh|python[\d.]*|perl|ruby|node|php|lua|Rscript)['"]?(?:(?:\s|\\\n)+-|\s*(?:$|[|;&<>)}\n]))/,
  // Its right side has rules of its own.
  /=~/,
];

/** Follows the quotes of POSIX shells and bash. Where these could be read in another way, the rest is `unsure`. */
export class ShellReader implements CodeReader {
  readonly #stack: Context[] = ['command'];
  #isUnsure: boolean;
  /** Whether a backslash or a dollar sign takes what comes next. */
  #isOpen = false;
  /** Whether `#` would begin a comment. */
  #atWord = true;
  readonly #hasCase: boolean;

  /** @param code All of it, with its templates. */
  constructor(code: string) {
    this.#isUnsure = takesCode.some((pattern) => pattern.test(code));
    // Its patterns end with parentheses that nothing has opened.
    this.#hasCase = /\bcase\b/.test(code);
  }

  read(literal: string): void {
    this.#isOpen = false;
    for (let at = 0; at < literal.length && !this.#isUnsure; ) at += this.#step(literal, at);
  }

  gap(): '' {
    return '';
  }

  place(): QuotingName {
    const isPlain = this.#isUnsure || this.#isOpen;
    this.#isOpen = false;
    this.#atWord = false;
    if (isPlain) return 'shellPlain';
    switch (this.#top) {
      case 'command':
        return 'shellWord';
      case 'single':
        return 'shellSingleQuoted';
      case 'double':
        return 'shellDoubleQuoted';
      default:
        return 'shellPlain';
    }
  }

  get #top(): Context {
    return this.#stack.at(-1) ?? 'command';
  }

  /** Reads what is at a position, and gives how many characters that are. */
  #step(text: string, at: number): number {
    const character = text[at] ?? '';
    switch (this.#top) {
      case 'command':
        return this.#command(text, at);
      case 'single':
        if (character === "'") this.#pop();
        return 1;
      case 'double':
        if (character === '"') this.#pop();
        return character === '\\' ? this.#escape(text, at) : this.#dollar(text, at);
      case 'comment':
        if (character === '\n') this.#pop(true);
        return 1;
      case 'arithmetic':
        if (character === '(') this.#push('arithmetic');
        else if (character === ')') this.#pop();
        else if (/['"\\`#]/.test(character) || text.startsWith('<<', at)) this.#isUnsure = true;
        else if (character === '$') return this.#dollar(text, at);
        return 1;
      case 'expansion':
        if (character === '}') this.#pop();
        else if (/['"\\`]/.test(character) || text.startsWith('$(', at)) this.#isUnsure = true;
        else if (character === '$') return this.#dollar(text, at);
        return 1;
    }
  }

  #command(text: string, at: number): number {
    const character = text[at] ?? '';
    const atWord = this.#atWord;
    this.#atWord = /[ \t\n;&|()<>]/.test(character);
    switch (character) {
      case '\\':
        // A line that goes on is as if it had no end.
        if (text[at + 1] === '\n') this.#atWord = atWord;
        return this.#escape(text, at);
      case "'":
        this.#push('single');
        return 1;
      case '"':
        this.#push('double');
        return 1;
      case '#':
        // After a subshell this is a comment, after a substitution a part of the word.
        if (text[at - 1] === ')') this.#isUnsure = true;
        else if (atWord) this.#push('comment');
        return 1;
      case '(':
        if (this.#hasCase || /[?*+@!]/.test(text[at - 1] ?? '')) this.#isUnsure = true;
        if (atWord && text[at + 1] === '(') return this.#arithmetic(2);
        this.#push('command');
        return 1;
      case ')':
        if (this.#stack.length > 1) this.#pop(true);
        return 1;
      case '<':
        // A here-document; `<<<` is followed by a word as any other.
        if (text.startsWith('<<<', at)) return 3;
        if (text.startsWith('<<', at)) this.#isUnsure = true;
        return 1;
      default:
        return this.#dollar(text, at);
    }
  }

  #escape(text: string, at: number): number {
    this.#isOpen = at + 1 === text.length;
    return 2;
  }

  /** What is special in commands and between double quotes alike. */
  #dollar(text: string, at: number): number {
    if (text[at] === '`') this.#isUnsure = true;
    if (text[at] !== '$') return 1;
    const next = text[at + 1];
    switch (next) {
      case undefined:
        this.#isOpen = true;
        return 1;
      case '(':
        if (this.#hasCase) this.#isUnsure = true;
        if (text[at + 2] === '(') return this.#arithmetic(3);
        this.#push('command');
        return 2;
      case '{':
        this.#push('expansion');
        return 2;
      case '[':
        this.#isUnsure = true;
        return 1;
      case "'":
        // Only bash reads escapes in such a string; between double quotes it is none.
        if (this.#top !== 'double') this.#isUnsure = true;
        return 1;
      default:
        // Such as `$#`, which begins no comment.
        return /[#?$!*@\w-]/.test(next) ? 2 : 1;
    }
  }

  #arithmetic(length: number): number {
    this.#push('arithmetic');
    this.#push('arithmetic');
    return length;
  }

  #push(context: Context): void {
    this.#stack.push(context);
    this.#atWord = context === 'command';
  }

  #pop(atWord = false): void {
    this.#stack.pop();
    this.#atWord = atWord;
  }
}

export const escapeSingleQuoted = (text: string): string => text.replaceAll("'", () => "'\\''");

export const escapeDoubleQuoted = (text: string): string => text.replace(/[\\"$`]/g, '\\$&');
