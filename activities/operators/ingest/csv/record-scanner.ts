import type { CsvDialect } from './dialect.js';

/** Takes the records of a file, without their line breaks. Sound: quotes are closed, and nothing follows them. */
export type RecordHandler = (record: Buffer, sound: boolean) => void;

/** A record of more bytes is not sound: its quote is probably not closed. */
const maxRecordBytes = 1 << 26;

enum State {
  /** Nothing but white space since the line's start. */
  Blank,
  FieldStart,
  Plain,
  Quoted,
  /** After a character that makes a quote plain. */
  Escaped,
  /** After a quote within quotes: the end of the field, or the first of two. */
  Quote,
  /** After the end of a quoted field. */
  Closed,
  Comment,
}

enum Kind {
  Other,
  Space,
  Separator,
  Quote,
  Escape,
  LineBreak,
}

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

  #state = State.Blank;
  #sound = true;
  /** The record's bytes of former pieces. */
  #former: Buffer[] = [];
  #formerBytes = 0;

  /** @param handler Called for each record, if there is one. */
  constructor(
    dialect: CsvDialect,
    public handler?: RecordHandler,
  ) {
    const { separator, quote, comment, trimStart, trimEnd } = dialect;
    this.#kinds.fill(Kind.Space, 0, lastSpace + 1);
    if (dialect.escape !== undefined) this.#kinds[dialect.escape.charCodeAt(0)] = Kind.Escape;
    if (quote !== undefined) this.#kinds[quote.charCodeAt(0)] = Kind.Quote;
    this.#separator = Buffer.from(separator);
    this.#kinds[this.#separator[0] ?? 0] = Kind.Separator;
    this.#kinds[lineFeed] = Kind.LineBreak;
    this.#kinds[carriageReturn] = Kind.LineBreak;
    this.#doubled = dialect.escape === quote;
    this.#comment = comment?.charCodeAt(0);
    this.#trimStart = trimStart;
    this.#trimEnd = trimEnd;
  }

  /** Whether the next piece begins a record. */
  get betweenRecords(): boolean {
    return this.#state === State.Blank && this.#formerBytes === 0;
  }

  /** Scans the next piece of a file: whole lines, unless it is the last. */
  scan(piece: Buffer): void {
    const kinds = this.#kinds;
    let state = this.#state;
    let start = 0;
    for (let at = 0; at < piece.length; at++) {
      const byte = piece[at] as number;
      let kind = kinds[byte] as Kind;
      if (kind === Kind.Other && (state === State.Plain || state === State.Quoted)) continue;
      if (kind === Kind.Separator) {
        if (!this.#separatorAt(piece, at)) kind = Kind.Other;
        else if (state !== State.Quoted && state !== State.Escaped && state !== State.Comment) {
          at += this.#separator.length - 1;
          state = State.FieldStart;
          continue;
        }
      }
      if (kind === Kind.LineBreak && state !== State.Quoted && state !== State.Escaped) {
        if (state === State.Blank || state === State.Comment) this.#skip();
        else this.#end(piece.subarray(start, at));
        if (byte === carriageReturn && piece[at + 1] === lineFeed) at++;
        start = at + 1;
        state = State.Blank;
        continue;
      }
      switch (state) {
        case State.Quoted:
          if (kind === Kind.Quote) state = this.#doubled ? State.Quote : State.Closed;
          else if (kind === Kind.Escape) state = State.Escaped;
          else if (kind === Kind.LineBreak) this.quotedBreaks = true;
          break;
        case State.Escaped:
          if (kind === Kind.LineBreak) this.quotedBreaks = true;
          state = State.Quoted;
          break;
        case State.Blank:
        case State.FieldStart: {
          const first = at === start && this.#formerBytes === 0;
          if (state === State.Blank && first && byte === this.#comment) state = State.Comment;
          else if (kind === Kind.Quote && (state === State.FieldStart || first || this.#trimStart))
            state = State.Quoted;
          else if (kind !== Kind.Space || (state === State.FieldStart && !this.#trimStart))
            state = State.Plain;
          break;
        }
        case State.Quote:
        case State.Closed:
          if (kind === Kind.Quote && state === State.Quote) state = State.Quoted;
          else if (kind === Kind.Space && this.#trimEnd) state = State.Closed;
          else {
            this.#sound = false;
            state = State.Plain;
          }
          break;
      }
    }
    this.#state = state;
    if (start < piece.length && state !== State.Comment) this.#keep(piece.subarray(start));
  }

  /** The file has ended. */
  finish(): void {
    if (this.#state === State.Quoted || this.#state === State.Escaped) this.#sound = false;
    if (this.#state === State.Blank || this.#state === State.Comment) this.#skip();
    else this.#end(Buffer.alloc(0));
    this.#state = State.Blank;
  }

  #separatorAt(piece: Buffer, at: number): boolean {
    const { length } = this.#separator;
    return length === 1 || piece.compare(this.#separator, 0, length, at, at + length) === 0;
  }

  #keep(bytes: Buffer): void {
    this.#formerBytes += bytes.length;
    if (this.#formerBytes > maxRecordBytes) {
      // Given out in parts.
      this.#sound = false;
      this.#record(bytes);
      this.#formerBytes = 1;
    } else if (this.handler !== undefined) this.#former.push(bytes);
  }

  #end(bytes: Buffer): void {
    this.#record(bytes);
    this.#skip();
  }

  #record(bytes: Buffer): void {
    if (!this.#sound) this.unsound = true;
    this.handler?.(this.#former.length === 0 ? bytes : Buffer.concat([...this.#former, bytes]), this.#sound);
    this.#former = [];
  }

  #skip(): void {
    this.#sound = true;
    this.#former = [];
    this.#formerBytes = 0;
  }
}
