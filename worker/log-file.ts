import { basename, dirname, resolve } from 'node:path';
import { createStream } from 'rotating-file-stream';
import { type Config, ConfigError } from '../config/loader.js';

type Size = `${number}${'K' | 'M' | 'G'}`;

/**
 * Opens the log file of the settings, which is put aside as `<file>.1` when it has grown enough, the former `.1` as `.2` and
 * so on. @throws ConfigError when it can't be written
 */
export async function openLogFile({
  file,
  fileSize,
  filesKept,
}: Config['logging'] & { file: string }): Promise<NodeJS.WritableStream & { write(text: string): boolean }> {
  const stream = createStream(basename(file), {
    path: dirname(resolve(file)),
    size: fileSize as Size,
    rotate: filesKept,
  });
  await new Promise<void>((opened, failed) => {
    stream.once('open', () => opened());
    stream.once('error', (error: NodeJS.ErrnoException) =>
      failed(new ConfigError([`logging.file: ${file} can't be written (${error.code ?? error.message})`])),
    );
  });
  // A full disk must not end the tasks.
  stream.on('error', (error) => process.stderr.write(`${file}: ${error.message}\n`));
  return stream;
}
