import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nightjar } from '../support/nightjar-command.js';
import { tempFolder } from '../support/temp-folder.js';

describe('nightjar config', () => {
  it('show prints what is in effect, and --source where it comes from; secrets stay hidden', async () => {
    const file = join(tempFolder(), 'own.yaml');
    await writeFile(file, 'generate:\n  records: 100\n');
    const options = ['--config', file, '--set', 'generate.users=7'];
    const env = { SPARK_REMOTE: 'sc://spark:15002/;token=s3cret' };

    const json = JSON.parse((await nightjar(['config', 'show', '--json', ...options], env)).stdout);
    expect(json).toMatchObject({ generate: { records: 100, users: 7 }, dataRoot: './data' });

    const { stdout } = await nightjar(['config', 'show', '--source', ...options], env);
    expect(stdout).toMatch(new RegExp(`^generate\\.records +100  # ${file}:2$`, 'm'));
    expect(stdout).toMatch(/^generate\.users +7 {2}# --set generate\.users$/m);
    expect(stdout).toMatch(/^spark\.remote +"sc:\/\/spark:15002\/;token=…" {2}# SPARK_REMOTE$/m);
    expect(stdout).toMatch(/^dataRoot +"\.\/data" {2}# default$/m);
    const all = await nightjar(['config', 'show', ...options], env);
    expect(all.stdout).toMatch(/^ {2}remote: sc:\/\/spark:15002\/;token=…$/m);
    expect(JSON.stringify(json) + stdout + all.stdout).not.toContain('s3cret');
  });

  it('show tells everything that is wrong', async () => {
    const { code, stderr } = await nightjar(['config', 'show', '--set', 'generate.user=7']);
    expect(code).toBe(2);
    expect(stderr).toBe("--set generate.user: unknown setting 'user' in generate (did you mean 'users'?)\n");
  });

  it('schema prints a JSON Schema', async () => {
    const { stdout } = await nightjar(['config', 'schema']);
    expect(JSON.parse(stdout)).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      properties: { dataRoot: { type: 'string', default: './data' } },
    });
  });
});
