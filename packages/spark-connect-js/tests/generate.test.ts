import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';

const script = fileURLToPath(new URL('../scripts/generate.mjs', import.meta.url));

function run(...args: string[]): Promise<{ code: number; stderr: string }> {
  const { SPARK_JARS: _, ...env } = process.env;
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { env }, (error, _stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stderr });
    });
  });
}

describe('generate.mjs', () => {
  async function folderWith(content?: string): Promise<string> {
    const folder = await mkdtemp(path.join(tmpdir(), 'jars-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    if (content !== undefined) {
      await writeFile(path.join(folder, 'spark-connect_2.13-4.3.0.jar'), content, 'latin1');
    }
    return folder;
  }

  it.each([
    ['no folder is named', async () => [], 'Which Spark? Usage:'],
    ['the folder is missing', async () => ['/no/such/folder'], 'There is no folder /no/such/folder'],
    ['there is no jar in it', async () => [await folderWith()], 'There is no spark-connect_*.jar in'],
    ['the jar is damaged', async () => [await folderWith('not a zip')], 'is not a complete jar'],
    [
      'the jar is cut short',
      async () => [await folderWith(`PK\x05\x06${'\0'.repeat(6)}\x01\0\x01\0${'\xff'.repeat(8)}\0\0`)],
      'is cut short',
    ],
  ])('says in one line that %s', async (_, args, message) => {
    const { code, stderr } = await run(...(await args()));
    expect(code).toBe(1);
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });
});
