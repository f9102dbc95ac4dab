import { fileURLToPath } from 'node:url';

/** The path of a file as this process knows it, from Spark's URL of it. */
export function localPath(url: string): string {
  return url.startsWith('file:') ? fileURLToPath(url.replace(/^file:\/*/, 'file:///')) : url;
}
