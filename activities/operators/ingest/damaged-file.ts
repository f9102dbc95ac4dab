import { SparkConnectError } from 'spark-connect-js';
import type { AcceptedFile, RejectedFile } from './check-files.js';
import { localPath } from './spark-paths.js';

/** The file that Spark could not read to its end, when that is why it failed. */
export function damagedFile(error: unknown, files: readonly AcceptedFile[]): RejectedFile | undefined {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (!(each instanceof SparkConnectError) || !each.errorClass?.startsWith('FAILED_READ_FILE')) continue;
    const path = localPath(each.messageParameters.path ?? '');
    const file = files.find(({ readAs }) => readAs === path);
    if (file !== undefined) return { file: file.path, reason: `damaged: ${rootCause(each).message}` };
  }
  return undefined;
}

function rootCause(error: Error): Error {
  return error.cause instanceof SparkConnectError ? rootCause(error.cause) : error;
}
