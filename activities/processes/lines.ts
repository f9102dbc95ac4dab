import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** A longer line is given in pieces of this many characters, so that no program can fill the worker's memory. */
const longestPiece = 64 * 1024;

/**
 * Calls `onPiece` for every line of a stream, without its end; for a long one several times, of which the last one ends it.
 * Resolves when the stream has ended or was destroyed.
 */
export async function forEachLine(
  stream: Readable,
  onPiece: (piece: string, endsLine: boolean) => void,
): Promise<void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  /** Whether a piece of the line in `rest` has been given. */
  let isBegun = false;
  const end = (line: string): void => {
    onPiece(line, true);
    isBegun = false;
  };
  const take = (text: string): void => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) end(line);
    while (rest.length > longestPiece) {
      onPiece(rest.slice(0, longestPiece), false);
      rest = rest.slice(longestPiece);
      isBegun = true;
    }
  };
  stream.on('data', (chunk: Buffer) => take(decoder.write(chunk)));
  await new Promise<void>((resolve) => stream.once('close', resolve));
  take(decoder.end());
  if (rest !== '' || isBegun) end(rest);
}
