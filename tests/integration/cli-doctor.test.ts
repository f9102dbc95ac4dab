import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Finding } from '../../cli/doctor/finding.js';
import { repositoryRoot } from '../../embedded/setup/layout.mjs';
import { nightjar, nightjarOf } from '../support/nightjar-command.js';
import { temporalOfVersion } from '../support/old-temporal.js';
import { tempFolder } from '../support/temp-folder.js';
import { testServers } from '../support/test-servers.js';
import { TestWorker } from '../support/test-worker.js';
import { wait } from '../support/wait-operator.js';

/** As if no server were named. */
const embedded = { TEMPORAL_ADDRESS: '', SPARK_REMOTE: '' };

type Examined = { code: number; ok: boolean; of(check: string): Finding | undefined; checks: Finding[] };

function examined({ code, stdout }: { code: number; stdout: string }): Examined {
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Finding[] };
  return { code, ok, checks, of: (check) => checks.find((each) => each.check === check) };
}

const doctor = async (env: NodeJS.ProcessEnv, ...args: string[]): Promise<Examined> =>
  examined(await nightjar(['doctor', '--json', ...args], env));

/** An address where nobody listens. */
async function closedPort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `127.0.0.1:${port}`;
}

describe('on the servers of the tests, with a worker', () => {
  let worker: TestWorker;
  beforeAll(async () => {
    worker = await TestWorker.start([wait]);
    await worker.dag('dagId: doctored\ntasks: [{ id: one, operator: noop }]');
  });
  afterAll(() => worker?.stop());

  it('all is well', async () => {
    const command = nightjarOf(worker);
    const { ok, checks } = await command.json('doctor');
    expect(checks.filter(({ status }: Finding) => status !== 'ok')).toEqual([]);
    expect(ok).toBe(true);
    const { code, stdout } = await command('doctor');
    expect(code).toBe(0);
    expect(stdout).toMatch(/✓ Temporal server +version 1\.\d+\.\d+ at 127\.0\.0\.1:\d+/);
    expect(stdout).toMatch(/✓ Spark Connect +version 4\.3\.0 at sc:/);
    expect(stdout).toMatch(/✓ Search attributes +known to the server/);
    expect(stdout).toMatch(/✓ Workers +.+ on task queue test-/);
    expect(stdout).toMatch(/\nall is well\n$/);
  });

  it('a task queue without a worker, and a namespace that is not there', async () => {
    const idle = await doctor({}, '--set', 'temporal.taskQueue=nobody-asks-here');
    expect(idle.of('Workers')).toMatchObject({
      status: 'warning',
      mend: expect.stringContaining('nightjar worker'),
    });
    expect(idle.code).toBe(0);
    const lost = await doctor({ TEMPORAL_NAMESPACE: 'atlantis' });
    expect(lost.of('Namespace')).toMatchObject({
      status: 'error',
      found: 'the server has no namespace atlantis',
      mend: expect.stringContaining('temporal operator namespace create -n atlantis'),
    });
    expect(lost.code).toBe(1);
  });

  it('a DAG that is wrong, with its place', async () => {
    await worker.dag('dagId: broken\ntasks: [{ id: one, operator: nop }]');
    const { code, stdout } = await nightjarOf(worker)('doctor');
    expect(code).toBe(1);
    expect(stdout).toMatch(/✗ DAGs +.*broken\.yaml:2:\d+: .*noop/);
  });
});

describe('with servers of its own', () => {
  it('a port that is busy', async () => {
    const server = createServer();
    onTestFinished(() => void server.close());
    server.listen(7233, '127.0.0.1');
    const isOurs = await Promise.race([
      once(server, 'listening').then(() => true),
      // Then somebody else on this machine makes it busy.
      once(server, 'error').then(() => false),
    ]);
    const { of } = await doctor(embedded);
    expect(of('Port 7233')).toMatchObject({ mend: expect.stringContaining('end it') });
    if (!isOurs) return;
    expect(of('Port 7233')).toMatchObject({
      status: 'warning',
      found: 'another program listens on the port of Temporal',
      mend: expect.stringMatching(/lsof -i :7233 .*commands of this checkout find it there/),
    });
  });

  it('a disk with less room than asked for', async () => {
    const { of, code } = await doctor(embedded, '--set', 'doctor.minFree=900t');
    for (const disk of ['Disk of dataRoot', 'Disk of the servers'])
      expect(of(disk)).toMatchObject({
        status: 'error',
        found: expect.stringMatching(/free at .*less than 900\.0 TiB \(doctor\.minFree\)/),
        mend: expect.stringContaining('nightjar data gc'),
      });
    expect(code).toBe(1);
  });

  it.runIf(process.getuid?.() === 0 && process.platform === 'linux')(
    'a disk that is full indeed',
    async (context) => {
      const folder = tempFolder();
      const run = promisify(execFile);
      const mounted = await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).then(
        () => true,
        () => false,
      );
      if (!mounted) return context.skip('this machine mounts nothing');
      onTestFinished(async () => void (await run('umount', [folder])));
      await writeFile(join(folder, 'filler'), Buffer.alloc(1024 * 1024));
      const { of } = await doctor(embedded, '--set', `dataRoot=${folder}/data`);
      expect(of('Disk of dataRoot')).toMatchObject({
        status: 'error',
        found: expect.stringMatching(/^0 B free/),
      });
    },
  );
});

describe('in a checkout where set-up has not been run', () => {
  let root: string;
  let path: string;
  beforeAll(async () => {
    root = await realpath(await mkdtemp(join(tmpdir(), 'nightjar-checkout-')));
    for (const name of ['dist', 'package.json', 'config'])
      await cp(join(repositoryRoot, name), join(root, name), { recursive: true });
    await symlink(join(repositoryRoot, 'node_modules'), join(root, 'node_modules'));
    path = join(root, 'empty');
    await mkdir(path);
  });
  afterAll(() => rm(root, { recursive: true }));
  const there = async (env: NodeJS.ProcessEnv): Promise<Examined> => {
    const options = { cwd: root, env: { ...process.env, ...embedded, JAVA_HOME: '', ...env } };
    const args = [join(root, 'dist/cli/main.js'), 'doctor', '--json'];
    const run = promisify(execFile);
    return examined(
      await run(process.execPath, args, options).then(
        ({ stdout }) => ({ code: 0, stdout }),
        (error) => error,
      ),
    );
  };

  it('Java and Python are missed where there are none, and packages as they are not installed', async () => {
    const { code, of } = await there({ PATH: path });
    expect(code).toBe(1);
    expect(of('Java')).toMatchObject({
      status: 'error',
      found: 'none of version 17 or 21 in JAVA_HOME, on PATH, or installed by set-up',
      mend: expect.stringContaining('set-up brings Java 21 along'),
    });
    expect(of('Python')).toMatchObject({ status: 'error', mend: expect.stringContaining('install it') });
    expect(of('Package pyspark')).toMatchObject({ status: 'warning', found: '4.3.0 is not installed yet' });
  });

  it('a Java of another version is none, and another version of a package is told', async () => {
    await writeFile(join(path, 'java'), '#!/bin/sh\necho \'openjdk version "11.0.2"\' >&2\n');
    await chmod(join(path, 'java'), 0o755);
    await mkdir(join(root, '.nightjar/servers/pyspark-4.1.0'), { recursive: true });
    const { of } = await there({ PATH: path });
    expect(of('Java')?.status).toBe('error');
    expect(of('Package pyspark')).toMatchObject({
      status: 'warning',
      found: '4.1.0 is installed; Nightjar is made for 4.3.0',
    });
    expect(await readdir(join(root, '.nightjar'))).toEqual(['servers']);
  });
});

describe('with servers that run elsewhere', () => {
  it('a Temporal server that is too old', async () => {
    const server = await temporalOfVersion('1.20.4');
    onTestFinished(() => server.stop());
    const { code, of } = await doctor({ TEMPORAL_ADDRESS: server.address });
    expect(code).toBe(1);
    expect(of('Temporal server')).toEqual({
      check: 'Temporal server',
      status: 'error',
      found: `version 1.20.4 at ${server.address}; Nightjar needs 1.28 or newer`,
      mend: 'update it to 1.32 or newer',
    });
  });

  it('servers that cannot be reached', async () => {
    const closed = await closedPort();
    const { code, of } = await doctor({
      TEMPORAL_ADDRESS: closed,
      SPARK_REMOTE: `sc://${closed}/;token=s3cret`,
    });
    expect(code).toBe(1);
    expect(of('Temporal server')).toMatchObject({
      status: 'error',
      found: expect.stringMatching(`^no Temporal server at ${closed} \\(.*ECONNREFUSED`),
      mend: expect.stringContaining('nightjar dev'),
    });
    expect(of('Spark Connect')).toMatchObject({
      status: 'error',
      found: expect.stringContaining(`No Spark Connect server answers at sc://${closed}`),
      mend: expect.stringContaining('SPARK_REMOTE'),
    });
    expect(JSON.stringify(of('Spark Connect'))).not.toContain('s3cret');
  });

  it('what listens there and is none', async () => {
    const { temporalAddress } = testServers;
    const { of } = await doctor({ SPARK_REMOTE: `sc://${temporalAddress}` });
    expect(of('Spark Connect')).toMatchObject({
      status: 'error',
      found: expect.stringContaining('does not have /spark.connect'),
    });
  });

  it('settings that are wrong', async () => {
    const { code, of, checks } = await doctor({}, '--set', 'logging.level=loud');
    expect(code).toBe(1);
    expect(of('Settings')).toMatchObject({
      status: 'error',
      found: expect.stringContaining('--set logging.level'),
    });
    expect(checks.at(-1)?.found).toMatch(/nothing that depends on them/);
  });
});
