import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { Client, Connection } from '@temporalio/client';
import pino from 'pino';
import { SparkSession } from 'spark-connect-js';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { probeGrpc, probeHttp, probeTcp } from '../../embedded/health.mjs';
import { type Embedded, type EmbeddedOptions, startEmbedded } from '../../embedded/servers.js';
import type { ServiceEvent } from '../../embedded/service.js';
import { findJava } from '../../embedded/setup/java.mjs';
import { defaultHome, sparkJars, temporalBinary } from '../../embedded/setup/layout.mjs';
import { identify } from '../../embedded/setup/process-identity.mjs';
import { SPARK_PROBE } from '../../embedded/spark-server.js';
import { searchAttributes } from '../../workflows/search-attributes.js';
import { until } from '../support/embedded/until.js';
import { tempFolder } from '../support/temp-folder.js';
import { testServers } from '../support/test-servers.js';

const log = pino({ level: 'silent' });

/** A folder like `.nightjar`, with the servers that set-up has installed and instances of its own. */
let home: string;
beforeEach(() => {
  home = tempFolder();
  mkdirSync(path.join(defaultHome, 'servers'), { recursive: true });
  symlinkSync(path.join(defaultHome, 'servers'), path.join(home, 'servers'));
  vi.stubEnv('TEMPORAL_ADDRESS', '');
  vi.stubEnv('SPARK_REMOTE', '');
  vi.stubEnv('NIGHTJAR_TEST_SECRET', secret);
  onTestFinished(() => void vi.unstubAllEnvs());
});

/** In the shell that starts the servers. */
const secret = 'Sampo-of-the-north';

/** Of a process, and of the supervisor that is its parent. */
const environmentOf = (pid = 0): string => {
  const parent = /^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return [pid, parent].map((each) => readFileSync(`/proc/${each}/environ`, 'utf8')).join();
};

async function start(
  options: Partial<EmbeddedOptions>,
): Promise<{ servers: Embedded; events: ServiceEvent[] }> {
  const events: ServiceEvent[] = [];
  const servers = await startEmbedded({ log, home, onEvent: (_, event) => events.push(event), ...options });
  onTestFinished(() => servers.stop());
  return { servers, events };
}

async function withTemporal<T>(servers: Embedded, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: servers.temporal?.address ?? '' });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

async function workflowIds(servers: Embedded): Promise<string[]> {
  return withTemporal(servers, async (client) => {
    const ids: string[] = [];
    for await (const execution of client.workflow.list()) ids.push(execution.workflowId);
    return ids;
  });
}

const connect = (remote: string): Promise<SparkSession> =>
  SparkSession.builder().remote(remote).retry({ maxRetries: 1 }).getOrCreate();

const fetchText = async (url: string) => (await fetch(url)).text();

const isRunning = (pid: number | undefined) => pid !== undefined && identify(pid) !== undefined;

/** Nothing is installed for a server that set-up was told to do without. */
describe.skipIf(!existsSync(temporalBinary(defaultHome)))('the embedded Temporal', () => {
  test('keeps its state over a crash and from start to start, one per concurrent start', async () => {
    const temporal = { searchAttributes: Object.values(searchAttributes) };
    const { servers, events } = await start({ temporal, spark: false });
    const folder = servers.folder ?? '';
    expect(folder).toBe(path.join(home, 'instances', '0'));
    for (const name of ['.', 'temporal.db', 'temporal.log', 'temporal.pid'])
      expect(`${name} ${statSync(path.join(folder, name)).mode & 0o077}`).toBe(`${name} 0`);
    expect(environmentOf(servers.temporal?.pid())).not.toContain(secret);
    await probeHttp(`${servers.temporal?.uiUrl}/api/v1/namespaces/default`);
    await withTemporal(servers, (client) =>
      client.workflow.start('some-type', {
        workflowId: 'kept',
        taskQueue: 'nobody-polls',
        typedSearchAttributes: [{ key: searchAttributes.failedTasks, value: ['train', 'report'] }],
      }),
    );
    await until(async () => (await workflowIds(servers)).includes('kept'));

    const { address } = servers.temporal ?? {};
    process.kill(servers.temporal?.pid() ?? 0, 'SIGKILL');
    await until(() => events.some((event) => event.type === 'restarted'));
    expect(servers.temporal?.address).toBe(address);
    expect(await workflowIds(servers)).toEqual(['kept']);

    const { servers: second } = await start({ temporal, spark: false });
    expect(second.folder).toBe(path.join(home, 'instances', '1'));
    expect(second.temporal?.address).not.toBe(address);
    expect(await workflowIds(second)).toEqual([]);

    const pid = servers.temporal?.pid();
    await servers.stop();
    expect(isRunning(pid)).toBe(false);
    const { servers: third } = await start({ temporal, spark: false });
    expect(third.folder).toBe(servers.folder);
    expect(await workflowIds(third)).toEqual(['kept']);
  });

  test('that outlived both who started it and its supervisor is ended before its state is used again', async () => {
    const folder = path.join(home, 'instances', '0');
    mkdirSync(folder, { recursive: true });
    const leftover = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true });
    onTestFinished(() => void leftover.kill('SIGKILL'));
    writeFileSync(path.join(folder, 'temporal.pid'), JSON.stringify(identify(leftover.pid ?? 0)));
    const { servers } = await start({ spark: false });
    expect(servers.folder).toBe(folder);
    expect(isRunning(leftover.pid)).toBe(false);
  });
});

describe.skipIf(!(existsSync(sparkJars(defaultHome)) && (await findJava(defaultHome))))(
  'the embedded Spark',
  () => {
    test('is restarted on the same port when it is killed, and leaves nothing behind when ephemeral', async () => {
      const { servers, events } = await start({
        temporal: false,
        instance: 'ephemeral',
        spark: { driverMemory: '600m', cores: 1, conf: { 'spark.sql.shuffle.partitions': '3' } },
      });
      const remote = servers.spark?.remote ?? '';
      const [, address = '', token = ''] = /^sc:\/\/(.*)\/;token=(.{43})$/.exec(remote) ?? [];
      const api = `${servers.spark?.uiUrl}/api/v1/applications`;
      const applications: { id: string }[] = JSON.parse(await fetchText(api));
      const environment = await fetchText(`${api}/${applications[0]?.id}/environment`);
      expect(environment.replace(/\s/g, '')).toContain('["spark.sql.shuffle.partitions","3"]');
      expect(environment).toContain('local[1]');
      expect(environment).not.toContain(secret);
      expect(environment).not.toContain(token);
      const first = servers.spark?.pid() ?? 0;
      // Nobody but this machine can reach it, not even by another of its addresses.
      await expect(probeTcp('127.0.0.2', Number(address.split(':')[1]))).rejects.toThrow();

      process.kill(first, 'SIGKILL');
      await until(() => events.some((event) => event.type === 'restarted'));
      expect(servers.spark?.pid()).not.toBe(first);
      await probeGrpc({ address, path: SPARK_PROBE });
      await probeHttp(servers.spark?.uiUrl ?? '');

      await expect(connect(`sc://${address}`)).rejects.toThrow(/UNAUTHENTICATED|auth/i);
      const session = await connect(remote);
      const asked = await session.sql(
        "SELECT reflect('java.lang.System', 'getenv', 'NIGHTJAR_TEST_SECRET') AS secret, reflect('java.lang.System', 'getenv', 'PATH') AS path",
      );
      expect((await asked.collect()).map((row) => row.toJSON())).toEqual([
        { secret: 'null', path: process.env.PATH },
      ]);
      expect(environmentOf(servers.spark?.pid())).not.toContain(secret);
      const out = path.join(home, 'written');
      await session.range(3).write.parquet(out);
      await session.stop();
      const written = readdirSync(out).filter((name) => !name.startsWith('.'));
      expect(written.length).toBeGreaterThan(1);
      for (const name of ['.', ...written])
        expect(`${name} ${statSync(path.join(out, name)).mode & 0o077}`).toBe(`${name} 0`);

      await servers.stop();
      expect(readdirSync(path.join(home, 'instances'))).toEqual([]);
      await expect(probeGrpc({ address, path: SPARK_PROBE })).rejects.toThrow('ECONNREFUSED');
    });
  },
);

test('servers that run already are used, and not stopped', async () => {
  const { temporalAddress, sparkRemote } = testServers;
  const sparkAddress = /^sc:\/\/([^/]+)/.exec(sparkRemote)?.[1] ?? '';
  vi.stubEnv('TEMPORAL_ADDRESS', temporalAddress);
  const { servers } = await start({ spark: { remote: sparkRemote } });
  expect(servers).toMatchObject({
    temporal: { address: temporalAddress, embedded: false },
    spark: { remote: sparkRemote, embedded: false },
    folder: undefined,
  });
  await servers.stop();
  await probeGrpc({ address: sparkAddress, path: SPARK_PROBE });
  expect(existsSync(path.join(home, 'instances'))).toBe(false);
});
