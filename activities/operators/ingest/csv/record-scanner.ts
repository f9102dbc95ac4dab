import type { CsvDialect } from './dialect.js';

/** Takes the records of a file, without their line breaks. Sound: quotes are closed, and nothing follows them. */
export type RecordHandler = (record: Buffer, sound: boolean) => void;

/** A record of more bytes is not sound: its quote is probably not closed. */
const maxRecordBytes = 1 << 26;

// States. Plain numbers, as each byte asks for them.
/** Nothing but white space since the line's start. */
const blank = 0;
const fieldStart = 1;
const plain = 2;
const quoted = 3;
/** After a character that makes a quote plain. */
const escaped = 4;
/** After a quote within quotes: the end of the field, or the first of two. */
const afterQuote = 5;
/** After the end of a quoted field. */
const closed = 6;
const inComment = 7;

// Kinds of bytes.
const other = 0;
const space = 1;
const separator = 2;
const quote = 3;
const escaper = 4;
const lineBreak = 5;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const lastSpace = 0x20;

/**
 * Finds the records of CSV. A quote opens a field only at its start; elsewhere in a field that is not quoted it is a
 * plain character. CR, LF and CR LF end a line. Lines that are empty or of white space alone, and comments, are no
 * records.
 */
export class RecordScanner {
  /** Whether a field that has been scanned has a line break. */
  quotedBreaks = false;
  /** Whether a record that has been scanned is not sound. */
  unsound = false;

  readonly #kinds = new Uint8Array(256);
  readonly #separator: Buffer;
  readonly #doubled: boolean;
  readonly #comment: number | undefined;
  readonly #trimStart: boolean;
  readonly #trimEnd: boolean;

  #state: number = blank;
  #sound = true;
  /** The record's bytes of former pieces. */
  #former: Buffer[] = [];
  #formerBytes = 0;

  /** @param handler Called for each record, if there is one. */
  constructor(
    dialect: CsvDialect,
    public handler?: RecordHandler,
  ) {
    this.#separator = Buffer.from(dialect.separator);
    this.#doubled = dialect.escape === dialect.quote;
    this.#comment = dialect.comment?.charCodeAt(0);
    this.#trimStart = dialect.trimStart;
    this.#trimEnd = dialect.trimEnd;
    this.#kinds.fill(space, 0, lastSpace + 1);
    this.#mark(dialect.escape?.charCodeAt(0), escaper);
    this.#mark(dialect.quote?.charCodeAt(0), quote);
    this.#mark(this.#separator[0], separator);
    this.#mark(lineFeed, lineBreak);
    this.#mark(carriageReturn, lineBreak);
  }

  /** Whether the next piece begins a record. */
  get betweenRecords(): boolean {
    return this.#state === blank && this.#formerBytes === 0;
  }

  /** Scans the next piece of a file: whole lines, unless it is the last. */
  scan(piece: Buffer): void {
    const kinds = this.#kinds;
    const doubled = this.#doubled;
    const { length } = piece;
    let state = this.#state;
    let start = 0;
    for (let at = 0; at < length; at++) {
      let kind = kinds[piece[at] as number] as number;
      if (kind === other && (state === plain || state === quoted)) {
        // Most bytes are like the one before.
        while (at + 1 < length && kinds[piece[at + 1] as number] === other) at++;
        continue;
      }
      if (state === quoted) {
        if (kind === quote) state = doubled ? afterQuote : closed;
        else if (kind === escaper) state = escaped;
        else if (kind === lineBreak) this.quotedBreaks = true;
        continue;
      }
      if (state === escaped) {
        if (kind === lineBreak) this.quotedBreaks = true;
        state = quoted;
        continue;
      }
      if (kind === lineBreak) {
        this.#endLine(piece, start, at, state);
        if (piece[at] === carriageReturn && piece[at + 1] === lineFeed) at++;
        start = at + 1;
        state = blank;
        continue;
      }
      if (state === inComment) continue;
      if (kind === separator) {
        if (this.#separatorAt(piece, at)) {
          at += this.#separator.length - 1;
          state = fieldStart;
          continue;
        }
        kind = other;
      }
      if (state === afterQuote && kind === quote) state = quoted;
      else if (state === afterQuote || state === closed) {
        const isLeftOut = kind === space && this.#trimEnd;
        if (!isLeftOut) this.#sound = false;
        state = isLeftOut ? closed : plain;
      } else if (state === fieldStart) {
        if (kind === quote) state = quoted;
        else if (kind !== space || !this.#trimStart) state = plain;
      } else if (state === blank) {
        const isFirst = at === start && this.#formerBytes === 0;
        if (isFirst && piece[at] === this.#comment) state = inComment;
        else if (kind === quote && (isFirst || this.#trimStart)) state = quoted;
        else if (kind !== space) state = plain;
      }
    }
    this.#state = state;
    if (start < length && state !== inComment) this.#keep(piece.subarray(start));
  }

  /** The file has ended. */
  finish(): void {
    if (this.#state === quoted || this.#state === escaped) this.#sound = false;
    this.#endLine(Buffer.alloc(0), 0, 0, this.#state);
    this.#state = blank;
  }

  #separatorAt(piece: Buffer, at: number): boolean {
    const { length } = this.#separator;
    if (at + length > piece.length) return false;
    return length === 1 || piece.compare(this.#separator, 0, length, at, at + length) === 0;
  }

  #keep(bytes: Buffer): void {
    this.#formerBytes += bytes.length;
    if (this.#formerBytes > maxRecordBytes) {
      // Given out in parts.
      this.#sound = false;
      this.#record(bytes);
      this.#former = [];
      this.#formerBytes = 1;
    } else if (this.handler !== undefined) this.#former.push(bytes);
  }

  /** A line ends that is no part of a quoted field. */
  #endLine(piece: Buffer, start: number, end: number, state: number): void {
    if (state !== blank && state !== inComment) {
      if (this.handler !== undefined) this.#record(piece.subarray(start, end));
      else if (!this.#sound) this.unsound = true;
    }
    this.#sound = true;
    if (this.#formerBytes > 0) {
      this.#former = [];
      this.#formerBytes = 0;
    }
  }

  #record(bytes: Buffer): void {
    if (!this.#sound) this.unsound = true;
    this.handler?.(this.#former.length === 0 ? bytes : Buffer.concat([...this.#former, bytes]), this.#sound);
  }

  #mark(byte: number | undefined, kind: number): void {
    if (byte !== undefined) this.#kinds[byte] = kind;
  }
}
