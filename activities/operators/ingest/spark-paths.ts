import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AcceptedFile } from './check-files.js';

/** The number of a file, which its name for Spark begins with. */
export const numberOf = ({ readAs }: AcceptedFile): number => Number.parseInt(basename(readAs), 10);

/** SQL of the number of the file that a row is from (see {@link AcceptedFile}). */
export const fileNumber = "CAST(split_part(_metadata.file_name, '.', 1) AS INT)";

/** The path of a file as this process knows it, from Spark's URL of it. */
export function localPath(url: string): string {
  return url.startsWith('file:') ? fileURLToPath(url.replace(/^file:\/*/, 'file:///')) : url;
}
