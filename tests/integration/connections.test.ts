import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../config/loader.js';
import { connectTemporal } from '../../worker/connection/connect.js';
import { embeddedEnvironment } from '../../worker/connection/temporal-options.js';
import { nightjar } from '../support/nightjar-command.js';
import { testServers } from '../support/test-servers.js';
import { TestAuthority, TlsProxy } from '../support/tls-proxy.js';
import { WorkerProcess } from '../support/worker-process.js';

const authority = new TestAuthority();
const server = authority.issue('server');
const client = authority.issue('client');
const apiKey = 'nightjar-test-key-8f3a';
let folder: string;
let keyFile: string;
let empty: string;
let proxies: TlsProxy[];

/** TLS alone; TLS with certificates of both sides; TLS with an API key. */
let plain: TlsProxy;
let mutual: TlsProxy;
let keyed: TlsProxy;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightjar-'));
  keyFile = join(folder, 'api-key');
  empty = join(folder, 'config.yaml');
  await writeFile(keyFile, `${apiKey}\n`);
  await writeFile(empty, '');
  const target = testServers.temporalAddress;
  proxies = await Promise.all([
    TlsProxy.start({ target, certificate: server }),
    TlsProxy.start({ target, certificate: server, clientCa: authority.ca }),
    TlsProxy.start({ target, certificate: server, authorization: `Bearer ${apiKey}` }),
  ]);
  [plain, mutual, keyed] = proxies as [TlsProxy, TlsProxy, TlsProxy];
});
afterAll(async () => {
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await rm(folder, { recursive: true });
  authority.remove();
});

/** Connects as commands do, and asks for something. */
async function visit(env: Record<string, string>, settings: string[] = []): Promise<string> {
  const config = loadConfig({ file: empty, env, overrides: settings });
  const connected = await connectTemporal(config, config.temporal.address ?? '', env);
  try {
    const { namespaceInfo } = await connected.client.workflowService.describeNamespace({
      namespace: config.temporal.namespace,
    });
    return namespaceInfo?.name ?? '';
  } finally {
    await connected.connection.close();
  }
}

const tls = { TEMPORAL_TLS: 'true', TEMPORAL_TLS_SERVER_CA_CERT_PATH: authority.ca };

describe('a connection to Temporal', () => {
  it("takes TLS, certificates and the API key from Temporal's standard environment", async () => {
    expect(await visit({ TEMPORAL_ADDRESS: plain.address, ...tls })).toBe('default');
    const certificate = {
      TEMPORAL_TLS_CLIENT_CERT_PATH: client.cert,
      TEMPORAL_TLS_CLIENT_KEY_PATH: client.key,
    };
    expect(await visit({ TEMPORAL_ADDRESS: mutual.address, ...tls, ...certificate })).toBe('default');
    expect(mutual.clients).toContain('client');
    const key = { TEMPORAL_API_KEY: apiKey };
    expect(await visit({ TEMPORAL_ADDRESS: keyed.address, ...tls, ...key })).toBe('default');
    expect(keyed.authorizations).toEqual(new Set([`Bearer ${apiKey}`]));
  });

  it('takes them from the settings', async () => {
    const files = `serverCaFile: ${authority.ca}, clientCertFile: ${client.cert}, clientKeyFile: ${client.key}`;
    expect(await visit({}, [`temporal.address=${mutual.address}`, `temporal.tls={ ${files} }`])).toBe(
      'default',
    );
    const settings = [
      `temporal.address=${keyed.address}`,
      `temporal.tls={ serverCaFile: ${authority.ca} }`,
      `temporal.apiKeyFile=${keyFile}`,
    ];
    expect(await visit({}, settings)).toBe('default');
  });

  it("takes them from a profile of Temporal's own file, for what neither environment nor settings say", async () => {
    const file = join(folder, 'temporal.toml');
    await writeFile(
      file,
      `[profile.cloud]
address = "${keyed.address}"
namespace = "temporal-system"
api_key = "${apiKey}"
[profile.cloud.tls]
server_ca_cert_path = "${authority.ca}"
`,
    );
    const env = { TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: 'cloud' };
    expect(await visit(env)).toBe('temporal-system');
    expect(await visit(env, ['temporal.namespace=default'])).toBe('default');
    expect(await visit({ ...env, TEMPORAL_NAMESPACE: 'default' })).toBe('default');
    await expect(visit({ ...env, TEMPORAL_PROFILE: 'clowd' })).rejects.toThrow(
      "Temporal profile clowd: Profile 'clowd' not found",
    );
  });

  it('says what is wrong, without secrets', async () => {
    const wrong = (env: Record<string, string>, settings?: string[]): Promise<string> =>
      visit(env, settings).then(
        () => 'connected',
        (error: Error) => error.message,
      );
    const at = (proxy: TlsProxy): Record<string, string> => ({ TEMPORAL_ADDRESS: proxy.address });
    expect(await wrong({ ...at(plain), TEMPORAL_TLS: 'true' })).toMatch(
      /^no Temporal server could be talked to at localhost:\d+: its certificate is of an authority that is not trusted here; name it by TEMPORAL_TLS_SERVER_CA_CERT_PATH/,
    );
    expect(await wrong(at(plain))).toContain('it wants TLS; set TEMPORAL_TLS=true');
    expect(await wrong({ ...at(mutual), ...tls })).toContain('it wants to see a certificate of ours');
    expect(await wrong({ ...at(plain), ...tls, TEMPORAL_TLS_SERVER_NAME: 'elsewhere' })).toContain(
      'its certificate is for another name',
    );
    const refused = await wrong({ ...at(keyed), ...tls, TEMPORAL_API_KEY: 'wrong-key-77' });
    expect(refused).toMatch(/does not know us \(no such key\); check the API key$/);
    expect(await wrong({ ...at(keyed), ...tls })).toContain('no API key was given: set TEMPORAL_API_KEY');
    const { temporalAddress } = testServers;
    expect(await wrong({ TEMPORAL_ADDRESS: temporalAddress, ...tls })).toContain('it does not speak TLS');
    expect(await wrong({ TEMPORAL_ADDRESS: 'localhost:1' })).toMatch(
      /^no Temporal server at localhost:1 \(.*ECONNREFUSED.*\); start one with `nightjar dev`/,
    );
    expect(await wrong(at(plain), [`temporal.tls={ serverCaFile: ${folder}/none.pem }`])).toBe(
      `temporal.tls.serverCaFile: ${folder}/none.pem can't be read (ENOENT)`,
    );
  });

  it('serves commands', async () => {
    const env = { TEMPORAL_ADDRESS: keyed.address, ...tls, TEMPORAL_API_KEY: apiKey };
    const listed = await nightjar(['pools', 'list', '--json'], env);
    expect(listed).toMatchObject({ code: 0 });
    const refused = await nightjar(['pools', 'list'], { ...env, TEMPORAL_API_KEY: 'wrong-key-77' });
    expect(refused.code).toBe(3);
    expect(refused.stderr).toMatch(/^the Temporal server at .* does not know us .*check the API key\n$/);
    expect(refused.stderr).not.toContain('wrong-key-77');
  });
});

describe('a worker', () => {
  it('works by certificates of both sides and an API key; Spark by TLS and a token', async () => {
    const { temporalAddress, sparkRemote } = testServers;
    const guarded = await TlsProxy.start({
      target: temporalAddress,
      certificate: server,
      clientCa: authority.ca,
      authorization: `Bearer ${apiKey}`,
    });
    const [, target = '', token = 'spark-token-51'] =
      /^sc:\/\/([^/;]+)(?:\/;token=(.*))?/.exec(sparkRemote) ?? [];
    const spark = await TlsProxy.start({
      target,
      certificate: server,
      authorization: `Bearer ${token}`,
    });
    proxies.push(guarded, spark);
    const home = await mkdtemp(join(tmpdir(), 'nightjar-'));
    await mkdir(join(home, 'dags'));
    await writeFile(
      join(home, 'dags/guarded.yaml'),
      `dagId: guarded
tasks:
  - { id: counts, operator: sql-sensor, with: { sql: "SELECT count(*) FROM range(1000)" } }
`,
    );
    const env = {
      ...tls,
      TEMPORAL_TLS_CLIENT_CERT_PATH: client.cert,
      TEMPORAL_TLS_CLIENT_KEY_PATH: client.key,
      TEMPORAL_API_KEY: apiKey,
      TEMPORAL_ADDRESS: guarded.address,
    };
    const taskQueue = 'guarded';
    const worker = new WorkerProcess({
      temporalAddress: guarded.address,
      sparkRemote: `sc://${spark.address}/;token=${token};use_ssl=true`,
      folder: home,
      env: {
        ...env,
        NIGHTJAR__DAGS__FOLDERS: `[${home}/dags]`,
        NIGHTJAR__TEMPORAL__TASK_QUEUE: taskQueue,
        // Node's own way to trust an authority, which Spark's client uses.
        NODE_EXTRA_CA_CERTS: authority.ca,
      },
    });
    const connected = await connectTemporal(loadConfig({ file: empty, env }), guarded.address, env);
    try {
      const args = { workflowId: `guarded/${Date.now()}`, taskQueue };
      expect(await connected.client.workflow.execute('guarded', args)).toMatchObject({
        state: 'success',
        outputs: { counts: 1000 },
      });
    } finally {
      await worker.kill();
      await connected.connection.close();
      expect(await readFile(join(home, 'worker.log'), 'utf8')).not.toMatch(`${token}|${apiKey}`);
      await rm(home, { recursive: true });
    }
    expect(guarded.authorizations).toEqual(new Set([`Bearer ${apiKey}`]));
    expect(guarded.clients).toEqual(new Set(['client']));
    expect(spark.authorizations).toEqual(new Set([`Bearer ${token}`]));
  });

  it('works on the embedded server, whatever the environment says of how to reach another', async () => {
    const { temporalAddress, sparkRemote } = testServers;
    const env = {
      TEMPORAL_API_KEY: apiKey,
      TEMPORAL_TLS_SERVER_CA_CERT_PATH: '/nowhere/ca.pem',
      TEMPORAL_TLS_CLIENT_CERT_PATH: '/nowhere/us.pem',
      TEMPORAL_GRPC_META_TEAM: 'elsewhere',
    };
    const home = await mkdtemp(join(tmpdir(), 'nightjar-'));
    await mkdir(join(home, 'dags'));
    await writeFile(
      join(home, 'dags/at-home.yaml'),
      'dagId: at-home\ntasks: [{ id: one, operator: noop }, { id: says, operator: shell, dependsOn: one, with: { command: [echo, hello] } }]\n',
    );
    const taskQueue = `at-home-${home.slice(-6)}`;
    const worker = new WorkerProcess({
      temporalAddress,
      sparkRemote,
      folder: home,
      env: {
        ...env,
        ...embeddedEnvironment(temporalAddress, env),
        NIGHTJAR__DAGS__FOLDERS: `[${home}/dags]`,
        NIGHTJAR__TEMPORAL__TASK_QUEUE: taskQueue,
        // Nor do settings count for a server that they don't name.
        NIGHTJAR__TEMPORAL__TLS: 'true',
      },
    });
    const nameless = loadConfig({ file: empty, env, overrides: ['temporal.tls=true'] });
    const connected = await connectTemporal(nameless, temporalAddress, env);
    try {
      const args = { workflowId: `${taskQueue}/run`, taskQueue };
      expect(await connected.client.workflow.execute('at-home', args)).toMatchObject({
        state: 'success',
        outputs: { says: 'hello' },
      });
    } finally {
      await worker.kill();
      await connected.connection.close();
      await rm(home, { recursive: true });
    }
  });
});
