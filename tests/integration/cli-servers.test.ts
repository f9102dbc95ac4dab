import { once } from 'node:events';
import { cpSync, mkdirSync, realpathSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { usualAddress } from '../../cli/connect.js';
import type { Finding } from '../../cli/doctor/finding.js';
import { runningServers } from '../../embedded/running-servers.js';
import { defaultHome, repositoryRoot } from '../../embedded/setup/layout.mjs';
import { nightjarIn } from '../support/nightjar-command.js';

/** A checkout beside this one, with what set-up has installed here, and with one DAG. */
async function checkout(name: string) {
  const root = realpathSync(await mkdtemp(join(tmpdir(), `nightjar-${name}-`)));
  for (const part of ['dist', 'package.json'])
    cpSync(join(repositoryRoot, part), join(root, part), { recursive: true });
  symlinkSync(join(repositoryRoot, 'node_modules'), join(root, 'node_modules'));
  const home = join(root, '.nightjar');
  mkdirSync(home);
  symlinkSync(join(defaultHome, 'servers'), join(home, 'servers'));
  mkdirSync(join(root, 'config', 'dags'), { recursive: true });
  writeFileSync(join(root, 'config', 'config.yaml'), 'dags: { folders: [config/dags] }\n');
  writeFileSync(join(root, 'config', 'dags', 'one.yaml'), 'dagId: one\ntasks: [{ id: a, operator: noop }]\n');
  // Spark is that of the tests; Temporal is the checkout's own.
  const command = nightjarIn(root, { TEMPORAL_ADDRESS: '' });
  onTestFinished(() => rmSync(root, { recursive: true, maxRetries: 20, retryDelay: 250 }));
  return { root, home, command, address: () => addressIn(home) };
}

const addressIn = (home: string): string | undefined => {
  const temporal = runningServers(home).find(({ kind }) => kind === 'temporal');
  return temporal && `localhost:${temporal.grpc}`;
};

type Checkout = Awaited<ReturnType<typeof checkout>>;

/** `nightjar dev` in a checkout, when all is up. */
async function dev({ command }: Checkout) {
  const running = command.start('dev');
  onTestFinished(async () => {
    if (running.exitCode !== null || running.signalCode !== null) return;
    running.kill('SIGTERM');
    await once(running, 'exit');
  });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    running.on('exit', () => reject(new Error(`nightjar dev ended: ${said}`)));
    running.stderr.on('data', (text) => {
      said += text;
      if (said.includes('Ctrl-C stops')) resolve();
    });
  });
  return running;
}

const runIds = async ({ command }: Checkout): Promise<string[]> => {
  const { code, stdout, stderr } = await command('runs', 'list', '--json');
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout).map(({ workflowId }: { workflowId: string }) => workflowId);
};

it('commands find the servers of their own checkout, wherever they listen, and no other', async () => {
  const [first, second] = await Promise.all([checkout('first'), checkout('second')]);
  const ofFirst = await dev(first);
  expect(first.address()).toBeDefined();
  expect(statSync(join(first.home, 'instances', '0', 'servers.json')).mode & 0o777).toBe(0o600);

  // Whoever listens at the usual port is not the second's, and it says so when that is the first's.
  const none = await second.command('runs', 'list');
  expect(none.code).not.toBe(0);
  if (first.address() === usualAddress)
    expect(none.stderr).toContain(`${usualAddress} belongs to another checkout (${first.home})`);

  const ofSecond = await dev(second);
  const moved = second.address();
  expect(moved).not.toBe(usualAddress);
  const started = await second.command('dags', 'trigger', 'one', '--run-id', 'mine', '--watch');
  expect(started).toMatchObject({
    code: 0,
    stderr: expect.stringContaining(`on the Temporal server at ${moved}, namespace default`),
  });
  expect(await runIds(second)).toEqual(['one/mine']);
  expect(await runIds(first)).toEqual([]);
  const { stdout } = await second.command('doctor', '--json');
  const checks: Finding[] = JSON.parse(stdout).checks;
  expect(checks.find(({ check }) => check === 'Temporal server')?.found).toMatch(`at ${moved}`);
  // What is named goes before what runs.
  const named = await nightjarIn(second.root, { TEMPORAL_ADDRESS: first.address() })(
    'runs',
    'list',
    '--json',
  );
  // The data root is this checkout's all the same, and has the run's record.
  expect(JSON.parse(named.stdout)).toMatchObject([{ workflowId: 'one/mine', source: 'record' }]);

  ofSecond.kill('SIGKILL');
  await once(ofSecond, 'exit');
  expect(statSync(join(second.home, 'instances', '0', 'servers.json')).isFile()).toBe(true);
  expect(second.address()).toBeUndefined();
  expect((await second.command('runs', 'list')).code).not.toBe(0);

  ofFirst.kill('SIGTERM');
  await once(ofFirst, 'exit');
  expect(() => statSync(join(first.home, 'instances', '0', 'servers.json'))).toThrow('ENOENT');
});
