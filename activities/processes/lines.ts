import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** A longer line is cut into pieces of this many characters, so that no program can fill the worker's memory. */
const longestLine = 64 * 1024;

/** Calls `onLine` for every line of a stream, without its end; resolves when the stream has ended. */
export async function forEachLine(stream: Readable, onLine: (line: string) => void): Promise<void> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const take = (text: string): void => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    for (; rest.length > longestLine; rest = rest.slice(longestLine)) onLine(rest.slice(0, longestLine));
  };
  stream.on('data', (chunk: Buffer) => take(decoder.write(chunk)));
  await new Promise<void>((resolve) => stream.once('close', resolve));
  take(decoder.end());
  if (rest !== '') onLine(rest);
}
