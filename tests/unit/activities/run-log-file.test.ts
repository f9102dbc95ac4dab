import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { RunLogFile } from '../../../activities/context/run-log-file.js';
import { logLines } from '../../../cli/run-log.js';
import { tempFolder } from '../../support/temp-folder.js';

const line = (n: number): string => `${JSON.stringify({ level: 30, n })}\n`;

it('puts the log aside when it is large, and keeps the last lines', () => {
  const folder = tempFolder();
  const log = new RunLogFile(folder, 200);
  for (let n = 0; n < 100; n++) log.write(line(n));
  log.close();
  const [former, current] = ['run.log.1', 'run.log'].map((name) => readFileSync(join(folder, name), 'utf8'));
  expect(`${former}${current}`.endsWith(line(99))).toBe(true);
  expect((former ?? '').length).toBeLessThan(400);
});

it('follows the log into a new file when another worker has put it aside', () => {
  const folder = tempFolder();
  const [one, other] = [new RunLogFile(folder, 100), new RunLogFile(folder, 100)];
  for (let n = 0; n < 40; n++) (n % 2 === 0 ? one : other).write(line(n));
  one.close();
  other.close();
  expect(readFileSync(join(folder, 'run.log'), 'utf8')).toContain('39');
});

it('is read from the file that was put aside on, and past a line that was cut off', async () => {
  const folder = tempFolder();
  const log = new RunLogFile(folder, 200);
  log.write('{"level":30,"n"\n');
  for (let n = 0; n < 12; n++) log.write(line(n));
  log.close();
  const read: number[] = [];
  for await (const text of logLines(folder, {})) read.push(JSON.parse(text).n);
  expect(read).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});

it('fails nobody when it cannot be written', () => {
  const log = new RunLogFile('/dev/null/no-folder', 200);
  expect(() => log.write(line(1))).not.toThrow();
});
