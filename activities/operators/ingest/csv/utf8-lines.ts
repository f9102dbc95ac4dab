import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip } from 'node:zlib';
import type { CsvEncoding } from './dialect.js';

/** Bytes that are read at once. */
const chunkBytes = 1 << 20;

/** Bytes without a line break that are given out as if a line ended there. */
const maxLineBytes = 1 << 26;

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * A text file as UTF-8 without byte order mark, unpacked when its name ends in `.gz`, in pieces of whole lines. What is
 * no text in a declared encoding becomes a byte that is none in UTF-8 either.
 * @throws Error when it cannot be unpacked, or its byte order mark is that of another encoding
 */
export async function* utf8Lines(path: string, encoding: CsvEncoding): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const chunk of utf8Chunks(path, encoding)) {
    const end = lastLineEnd(chunk);
    if (end === 0 && restBytes + chunk.length < maxLineBytes) {
      rest.push(chunk);
      restBytes += chunk.length;
      continue;
    }
    const cut = end === 0 ? chunk.length : end;
    yield rest.length === 0 ? chunk.subarray(0, cut) : Buffer.concat([...rest, chunk.subarray(0, cut)]);
    rest = cut < chunk.length ? [chunk.subarray(cut)] : [];
    restBytes = chunk.length - cut;
  }
  if (restBytes > 0) yield Buffer.concat(rest);
}

/** Where the last whole line of a chunk ends; 0 for none. A final CR may be the first half of a line break. */
function lastLineEnd(chunk: Buffer): number {
  const end = chunk.lastIndexOf(lineFeed) + 1;
  return end > 0 || chunk.length < 2 ? end : chunk.lastIndexOf(carriageReturn, chunk.length - 2) + 1;
}

async function* utf8Chunks(path: string, encoding: CsvEncoding): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: chunkBytes });
  const bytes = /\.gz$/i.test(path)
    ? pipeline(file, createGunzip({ chunkSize: chunkBytes }), () => {})
    : file;
  try {
    let toUtf8: ((chunk: Buffer) => Buffer) | undefined;
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      if (toUtf8 !== undefined) {
        yield toUtf8(chunk);
        continue;
      }
      const mark = byteOrderMark(chunk);
      toUtf8 = converter(encoding, mark?.encoding);
      yield toUtf8(chunk.subarray(mark?.bytes ?? 0));
    }
    const last = toUtf8?.(Buffer.alloc(0));
    if (last !== undefined && last.length > 0) yield last;
  } finally {
    file.destroy();
  }
}

type MarkedEncoding = 'utf-8' | 'utf-16le' | 'utf-16be';

function byteOrderMark(start: Buffer): { encoding: MarkedEncoding; bytes: number } | undefined {
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return { encoding: 'utf-8', bytes: 3 };
  if (start[0] === 0xff && start[1] === 0xfe) return { encoding: 'utf-16le', bytes: 2 };
  if (start[0] === 0xfe && start[1] === 0xff) return { encoding: 'utf-16be', bytes: 2 };
  return undefined;
}

/** What makes UTF-8 of the chunks of a file; an empty chunk is the last. @throws Error when its mark is another's */
function converter(encoding: CsvEncoding, marked: MarkedEncoding | undefined): (chunk: Buffer) => Buffer {
  const actual = encoding === 'utf-16' ? marked : encoding;
  if (actual === undefined)
    throw new Error('it has no byte order mark; set options.encoding to utf-16le or utf-16be');
  if (marked !== undefined && marked !== actual)
    throw new Error(`its byte order mark is that of ${marked}; set options.encoding to that`);
  switch (actual) {
    case 'utf-8':
      return (chunk) => chunk;
    case 'us-ascii':
      return (chunk) => Buffer.from(chunk.map((byte) => (byte < 0x80 ? byte : noUtf8)));
    case 'iso-8859-1':
      return (chunk) => Buffer.from(chunk.toString('latin1'), 'utf8');
    default:
      return fromUtf16(actual === 'utf-16be');
  }
}

/** A byte that never occurs in UTF-8. */
const noUtf8 = 0xff;

function fromUtf16(bigEndian: boolean): (chunk: Buffer) => Buffer {
  const decoder = new StringDecoder('utf16le');
  let odd = Buffer.alloc(0);
  return (chunk) => {
    const isLast = chunk.length === 0;
    const bytes = Buffer.concat([odd, chunk]);
    const even = bytes.length - (bytes.length % 2);
    odd = bytes.subarray(even);
    const units = bytes.subarray(0, even);
    const text = decoder.write(bigEndian ? units.swap16() : units) + (isLast ? decoder.end() : '');
    const tail = isLast && odd.length > 0 ? [Buffer.of(noUtf8)] : [];
    // Halves of characters that stand alone.
    const pieces = text.split(/\p{Surrogate}/u);
    return Buffer.concat([
      ...pieces.flatMap((piece, index) => [
        ...(index === 0 ? [] : [Buffer.of(noUtf8)]),
        Buffer.from(piece, 'utf8'),
      ]),
      ...tail,
    ]);
  };
}
