import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { parseCases } from '../../conformance/case.js';
import { describe } from '../../conformance/difference.js';
import { runOnServer } from '../../conformance/server.js';
import { tempFolder } from '../support/temp-folder.js';

const fixture = fileURLToPath(new URL('../fixtures/conformance/airflow-cases.json', import.meta.url));
const command = fileURLToPath(new URL('../../dist/conformance/main.js', import.meta.url));

it('gives every task and run the state that Airflow gave it', async () => {
  const cases = parseCases(readFileSync(fixture, 'utf8'), 'airflow-cases.json');

  expect(describe(await runOnServer(cases, { concurrency: 12 }))).toEqual([]);
});

it('prints differences and fails', async () => {
  const file = join(tempFolder(), 'cases.json');
  const [each] = JSON.parse(readFileSync(fixture, 'utf8'));
  writeFileSync(file, JSON.stringify([{ ...each, expected: { ...each.expected, join: 'failed' } }]));

  const ended = promisify(execFile)(process.execPath, [command, file]);

  await expect(ended).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringMatching(
      /task join: expected failed, got success \(state machine; DAG run\)\n1 cases, 1 with differences/,
    ),
  });
});
