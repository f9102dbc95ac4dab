import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { exitCodes } from '../../../cli/exit.js';
import { nightjarProgram } from '../../../cli/program.js';
import { repositoryRoot } from '../../../embedded/setup/layout.mjs';
import { commandTable, leavesOf } from '../../support/command-table.js';

const leaves = leavesOf(nightjarProgram());

/** What they print is for people, a script, or JSON already. */
const withoutJson = new Set([
  'codec-server',
  'completion',
  'config schema',
  'dags schema',
  'dags test',
  'dev',
  'operators new',
  'start',
  'worker',
]);

it.each(leaves)('$words says what it does, and prints JSON where it prints data', ({ words, command }) => {
  expect(command.description()).toMatch(/^[a-z].{10,}[^.]$/);
  for (const argument of command.registeredArguments) expect(argument.description).not.toBe('');
  for (const option of command.options) expect(option.description).not.toBe('');
  const hasJson = command.options.some(({ long }) => long === '--json');
  expect(hasJson).toBe(!withoutJson.has(words));
});

it('docs/cli.md has the commands as they are; `npx vitest run tests/unit/cli/commands.test.ts -u` renews it', async () => {
  const file = join(repositoryRoot, 'docs/cli.md');
  const page = await readFile(file, 'utf8');
  const table = commandTable(nightjarProgram());
  const current = page.replace(
    /(<!-- commands -->\n\n).*?(\n\n<!-- end -->)/s,
    `$1${table.replaceAll('$', '$$$$')}$2`,
  );
  await expect(current).toMatchFileSnapshot(file);
});

it('docs/cli.md has every exit code', async () => {
  const page = await readFile(join(repositoryRoot, 'docs/cli.md'), 'utf8');
  for (const code of Object.values(exitCodes)) expect(page).toMatch(new RegExp(`^\\| ${code} +\\|`, 'm'));
});
