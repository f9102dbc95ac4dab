import { fileURLToPath } from 'node:url';

/** SQL of the number of the file that a row is from (see {@link AcceptedFile}). */
export const fileNumber = "CAST(split_part(_metadata.file_name, '.', 1) AS INT)";

/** The path of a file as this process knows it, from Spark's URL of it. */
export function localPath(url: string): string {
  return url.startsWith('file:') ? fileURLToPath(url.replace(/^file:\/*/, 'file:///')) : url;
}
