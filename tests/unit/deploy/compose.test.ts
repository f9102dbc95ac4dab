import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../../config/loader.js';
import { type ComposeService, composeServices } from '../../../deploy/topology/compose.js';
import { temporalVersion } from '../../../deploy/topology/programs.js';
import { DEFAULT_PORTS } from '../../../embedded/servers.js';
import { defaultHome, pins, repositoryRoot, temporalBinary } from '../../../embedded/setup/layout.mjs';
import { DYNAMIC_CONFIG } from '../../../embedded/temporal-server.js';
import { searchAttributes } from '../../../workflows/search-attributes.js';

const text = (file: string): string => readFileSync(join(repositoryRoot, file), 'utf8');
const services = composeServices({ TEMPORAL_DB_PASSWORD: 'secret' });
const service = (name: string): ComposeService => {
  const found = services[name];
  if (found === undefined) throw new Error(`no service ${name}`);
  return found;
};
const all = Object.entries(services);
const dockerfile = text('Dockerfile');
const version = (name: string): string => service(name).image.split(':')[1] ?? '';

const megabytes = (size: string): number => Number.parseInt(size, 10) * (size.endsWith('g') ? 1024 : 1);
const sparkDefaults = Object.fromEntries(
  text('deploy/spark/spark-defaults.conf')
    .split('\n')
    .flatMap((line) => (/^spark\./.test(line) ? [line.split(/\s+/) as [string, string]] : [])),
);

describe('versions', () => {
  it('of images are exact', () => {
    const bases = [...dockerfile.matchAll(/^FROM (\S+:\S+)/gm)].map(([, image]) => image);
    expect(bases.length).toBeGreaterThan(0);
    for (const image of [...bases, ...all.map(([, { image }]) => image)]) {
      expect(image).toMatch(/:v?\d+\.\d+(\.\d+)?\S*$/);
    }
  });

  it('of Spark are those of set-up', () => {
    const { package: name, version: wanted, proof } = pins.spark;
    expect(dockerfile).toContain(`${name}==${wanted}`);
    expect(dockerfile).toContain(proof.split('/').at(-1));
    for (const each of ['spark-master', 'spark-worker', 'spark-connect']) {
      expect(service(each).image).toBe(`nightjar-spark:${wanted}`);
    }
  });

  it('of Temporal are one, and that of the topology', () => {
    for (const each of ['temporal', 'temporal-schema', 'temporal-namespace']) {
      expect(version(each)).toBe(temporalVersion);
    }
  });

  it.runIf(existsSync(temporalBinary(defaultHome)))('of Temporal are those of the embedded server', () => {
    const told = execFileSync(temporalBinary(defaultHome), ['--version'], { encoding: 'utf8' });
    expect(told).toContain(`Server ${version('temporal')}`);
    expect(told).toContain(`UI ${version('temporal-ui')}`);
  });

  it('of Nightjar and Node.js are those of package.json', () => {
    const { version: own, engines } = JSON.parse(text('package.json'));
    expect(service('nightjar').image).toBe(`nightjar:${own}`);
    const least = Number.parseInt(engines.node.replace('>=', ''), 10);
    const majors = [...dockerfile.matchAll(/^FROM node:(\d+)/gm)].map(([, major]) => Number(major));
    expect(majors.length).toBeGreaterThan(0);
    for (const major of majors) expect(major).toBeGreaterThanOrEqual(least);
  });
});

describe('every service', () => {
  const awaited = new Set(
    all.flatMap(([, { depends_on = {} }]) =>
      Object.entries(depends_on).flatMap(([name, { condition }]) =>
        condition === 'service_completed_successfully' ? [name] : [],
      ),
    ),
  );

  it.each(all)('%s has a health check, or somebody who waits for its end', (name, { healthcheck }) => {
    expect(healthcheck !== undefined || awaited.has(name)).toBe(true);
  });

  it.each(all)('%s is not root', (_, { user }) => {
    expect(user).toMatch(/^(postgres|nobody|[1-9]\d*:[1-9]\d*)$/);
  });

  it.each(all)('%s is published to this machine alone, unless told otherwise', (_, { ports = [] }) => {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('waits for services only that can tell when they are ready', () => {
    for (const [, { depends_on = {} }] of all) {
      for (const [name, { condition }] of Object.entries(depends_on)) {
        const job = condition === 'service_completed_successfully';
        expect(job || service(name).healthcheck !== undefined, name).toBe(true);
      }
    }
  });

  it('fits, with all others, a machine with 16 GB', () => {
    const limits = all.map(
      ([, { deploy }]) => megabytes(deploy.resources.limits.memory) * (deploy.replicas ?? 1),
    );
    expect(limits.reduce((sum, each) => sum + each)).toBeLessThan(15 * 1024);
  });
});

it('publishes the ports that the embedded servers have', () => {
  const published = all.flatMap(([, { ports = [] }]) => ports.map((port) => Number(port.split(':')[1])));
  const { temporal, spark } = DEFAULT_PORTS;
  expect(published).toEqual(expect.arrayContaining([temporal.grpc, temporal.ui, spark.grpc, spark.ui]));
  expect(new Set(published).size).toBe(published.length);
});

it("gives Temporal the embedded server's dynamic configuration", () => {
  const file = parse(text('deploy/temporal/dynamic-config.yaml')) as Record<string, { value: unknown }[]>;
  const values = Object.entries(file).map(([key, entries]) => [key, entries.map(({ value }) => value)]);
  expect(Object.fromEntries(values)).toEqual(
    Object.fromEntries(Object.entries(DYNAMIC_CONFIG).map(([key, value]) => [key, [value]])),
  );
});

it("registers Nightjar's search attributes", () => {
  const script = text('deploy/temporal/namespace.sh');
  const registered = [...script.matchAll(/--name (\w+) --type (\w+)/g)].map(([, name, type]) => [name, type]);
  const wanted = Object.values(searchAttributes).map(({ name, type }) => [name, type.toLowerCase()]);
  expect(registered.map(([name, type]) => [name, type?.toLowerCase()])).toEqual(
    wanted.map(([name, type]) => [name, type?.replace('_', '')]),
  );
});

it('keeps the data at the same place for Nightjar and for Spark', () => {
  const { environment } = service('nightjar');
  for (const name of ['nightjar', 'spark-master', 'spark-worker', 'spark-connect']) {
    expect(service(name).volumes).toContain(`data:${environment.NIGHTJAR__DATAROOT}`);
    expect(service(name).user, 'who writes there').toBe(service('nightjar').user);
  }
  expect([...dockerfile.matchAll(/mkdir .*\/data/g)]).toHaveLength(2);
});

it('gives the workers settings that they understand', () => {
  const { environment } = service('nightjar');
  const { temporal, spark, dataRoot } = loadConfig({ env: environment });
  expect(temporal.address).toBe('temporal:7233');
  expect(temporal.namespace).toBe(service('temporal-namespace').environment.TEMPORAL_NAMESPACE);
  expect(spark.remote).toBe(`sc://spark-connect:${sparkDefaults['spark.connect.grpc.binding.port']}`);
  expect(dataRoot).toBe('/data');
});

it('has workers that are large enough for an executor, in containers that are large enough for both', () => {
  const { command = [], deploy } = service('spark-worker');
  const option = (name: string): string => command[command.indexOf(name) + 1] ?? '';
  expect(Number(sparkDefaults['spark.executor.cores'])).toBeLessThanOrEqual(Number(option('--cores')));
  const executor = megabytes(sparkDefaults['spark.executor.memory'] ?? '');
  const overhead = Math.max(384, executor / 10);
  expect(executor + overhead).toBeLessThanOrEqual(megabytes(option('--memory')));
  const limit = megabytes(deploy.resources.limits.memory);
  expect(megabytes(option('--memory')) * 1.5).toBeLessThanOrEqual(limit);
});

it('has Prometheus look at services that are there, and at workers where they answer', () => {
  type Job = {
    static_configs?: { targets: string[] }[];
    dns_sd_configs?: { names: string[]; port: number }[];
  };
  const { scrape_configs } = parse(text('deploy/prometheus/prometheus.yml')) as { scrape_configs: Job[] };
  const targets = scrape_configs.flatMap(({ static_configs = [], dns_sd_configs = [] }) => [
    ...static_configs.flatMap((config) => config.targets),
    ...dns_sd_configs.flatMap(({ names, port }) => names.map((name) => `${name}:${port}`)),
  ]);
  for (const target of targets) expect(Object.keys(services)).toContain(target.split(':')[0]);
  const { monitoring } = loadConfig({ env: service('nightjar').environment }).worker;
  expect(targets).toContain(`nightjar:${monitoring?.split(':')[1]}`);
  expect(targets).toContain(`temporal:${service('temporal').environment.PROMETHEUS_ENDPOINT?.split(':')[1]}`);
  expect(service('nightjar').healthcheck?.test.join(' ')).toContain(`:${monitoring?.split(':')[1]}/readyz`);
});

it('says in .env.example what must be set, and has git ignore what is set', () => {
  expect(() => composeServices({})).toThrow('copy .env.example to .env');
  const required = [...text('docker-compose.yml').matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name);
  for (const name of required) expect(text('.env.example')).toMatch(new RegExp(`^${name}=$`, 'm'));
  expect(text('.gitignore').split('\n')).toEqual(expect.arrayContaining(['/.env', '/.env.nightjar']));
});
