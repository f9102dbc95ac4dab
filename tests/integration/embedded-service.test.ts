import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { pickPort } from '../../embedded/ports.js';
import {
  excerpt,
  type Service,
  type ServiceEvent,
  type ServiceSpec,
  ServiceStartError,
  startService,
} from '../../embedded/service.js';
import { repositoryRoot } from '../../embedded/setup/layout.mjs';
import { identify } from '../../embedded/setup/process-identity.mjs';
import { until } from '../support/embedded/until.js';
import { tempFolder } from '../support/temp-folder.js';

/** A small HTTP server: says that it listens, answers with its pid, and dies of a request for /crash. */
const HTTP_SERVER = `
  const server = require('node:http').createServer((request, response) => {
    if (request.url === '/crash') process.exit(7);
    response.end(String(process.pid));
  });
  server.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'));
`;

let folder: string;
beforeEach(() => {
  folder = tempFolder();
});

const isRunning = (pid: number | undefined) => pid !== undefined && identify(pid) !== undefined;

function nodeSpec(name: string, script: string, more: Partial<ServiceSpec> = {}): ServiceSpec {
  return {
    name,
    command: process.execPath,
    args: ['-e', script],
    env: {},
    cwd: folder,
    logFile: path.join(folder, `${name}.log`),
    pidFile: path.join(folder, `${name}.pid`),
    ...more,
  };
}

async function httpSpec(): Promise<{ spec: ServiceSpec; url: string }> {
  const port = await pickPort(undefined, new Set());
  const url = `http://127.0.0.1:${port}/`;
  const health = { logLine: 'listening', http: url };
  return { url, spec: nodeSpec('http', HTTP_SERVER, { env: { PORT: String(port) }, health }) };
}

async function start(spec: ServiceSpec): Promise<{ service: Service; events: ServiceEvent[] }> {
  const events: ServiceEvent[] = [];
  const service = await startService(spec, (event) => events.push(event));
  onTestFinished(() => service.stop());
  return { service, events };
}

const answer = async (url: string) => Number(await (await fetch(url)).text());

describe('a service', () => {
  test('that is killed or crashes is restarted and answers on the same port', async () => {
    const { spec, url } = await httpSpec();
    const { service, events } = await start(spec);
    const first = service.pid();
    expect(await answer(url)).toBe(first);

    process.kill(first ?? 0, 'SIGKILL');
    await until(() => events.length === 2);
    const second = service.pid();
    expect(await answer(url)).toBe(second);
    await fetch(`${url}crash`).catch(() => {});
    await until(() => events.length === 4);

    expect(await answer(url)).toBe(service.pid());
    expect(events).toEqual([
      { type: 'crashed', how: 'was ended by SIGKILL', restartInMs: expect.any(Number) },
      { type: 'restarted', pid: second },
      { type: 'crashed', how: 'ended with exit code 7', restartInMs: expect.any(Number) },
      { type: 'restarted', pid: service.pid() },
    ]);
  });

  test('that is lost by kill stays gone, with the processes that it has started', async () => {
    const script = `
      const { pid } = require('node:child_process').spawn('sleep', ['600']);
      require('node:fs').writeFileSync('child', String(pid));
      console.log('listening');
      setInterval(() => {}, 1000);`;
    const { service, events } = await start(nodeSpec('lost', script, { health: { logLine: 'listening' } }));
    const pids = [service.pid(), Number(readFileSync(path.join(folder, 'child'), 'utf8'))];
    expect(pids.every(isRunning)).toBe(true);

    await service.kill();
    await until(() => !pids.some(isRunning));
    expect(service.pid()).toBeUndefined();
    expect(events).toEqual([]);
    await service.stop();
  });

  test('is not running any more after stop, nor is its supervisor', async () => {
    const { spec, url } = await httpSpec();
    const { service, events } = await start(spec);
    const pid = service.pid();
    expect(existsSync(path.join(folder, 'http.pid'))).toBe(true);
    await Promise.all([service.stop(), service.stop()]);
    expect(isRunning(pid)).toBe(false);
    expect(service.pid()).toBeUndefined();
    expect(existsSync(path.join(folder, 'http.pid'))).toBe(false);
    expect(events).toEqual([]);
    await expect(fetch(url)).rejects.toThrow();
  });

  test('that ignores SIGTERM is ended by SIGKILL', async () => {
    const script = `process.on('SIGTERM', () => console.log('not yet')); console.log('up'); setInterval(() => {}, 1000)`;
    const spec = nodeSpec('deaf', script, { stopTimeoutMs: 300, health: { logLine: 'up' } });
    const { service } = await start(spec);
    const pid = service.pid();
    await service.stop();
    expect(isRunning(pid)).toBe(false);
    expect(readFileSync(spec.logFile, 'utf8')).toBe('up\nnot yet\n');
  });

  test('that cannot be kept up is given up, with what it said', async () => {
    const script = `setTimeout(() => { console.error('bad state on disk'); process.exit(1); }, 50)`;
    const { events } = await start(nodeSpec('broken', script, { maxQuickCrashes: 2 }));
    await until(() => events.some((event) => event.type === 'failed'));
    expect(events.map((event) => event.type)).toEqual(['crashed', 'restarted', 'failed']);
    expect(events.at(-1)).toEqual({
      type: 'failed',
      reason: 'ended with exit code 1, 2 times in a row',
      output: 'bad state on disk\n',
    });
  });
});

describe('a service that does not get ready is an error', () => {
  const failure = async (spec: ServiceSpec) => {
    const error = await startService(spec).catch((error: unknown) => error);
    if (!(error instanceof ServiceStartError)) throw error;
    return error;
  };

  test('with its log, when it ends', async () => {
    const health = { logLine: 'never said' };
    const error = await failure(nodeSpec('early', `console.log('no licence'); process.exit(4)`, { health }));
    expect(error.message).toBe(
      `early ended with exit code 4. Log: ${path.join(folder, 'early.log')}\nno licence\n`.trimEnd(),
    );
    expect(error.portTaken).toBe(false);
  });

  test('and known as such, when its port was taken', async () => {
    const { spec } = await httpSpec();
    await start(spec);
    const error = await failure({ ...spec, logFile: path.join(folder, 'second.log') });
    expect(error.portTaken).toBe(true);
  });

  test('when it takes too long, and it is ended', async () => {
    const spec = nodeSpec('slow', 'setInterval(() => {}, 1000)', {
      health: { logLine: 'never said' },
      startTimeoutMs: 300,
    });
    const error = await failure(spec);
    expect(error.reason).toBe('did not get ready within 0.3 s (it has not said that it listens)');
    expect(existsSync(path.join(folder, 'slow.pid'))).toBe(false);
  });

  test('when its program does not exist', async () => {
    const error = await failure({ ...nodeSpec('none', ''), command: path.join(folder, 'nothing') });
    expect(error.reason).toMatch(/^could not be started \(.*ENOENT\)$/);
  });
});

test.each(['SIGKILL', 'SIGTERM'] as const)('services end when their parent ends by %s', async (signal) => {
  const { spec, url } = await httpSpec();
  const deaf = nodeSpec(
    'deaf',
    `process.on('SIGTERM', () => {}); console.log('up'); setInterval(() => {}, 1000)`,
    {
      stopTimeoutMs: 300,
      health: { logLine: 'up' },
    },
  );
  const program = path.join(repositoryRoot, 'tests/support/embedded/service-parent.ts');
  const parent = spawn(
    process.execPath,
    ['--import', 'tsx', program, JSON.stringify(spec), JSON.stringify(deaf)],
    { cwd: repositoryRoot, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = await once(parent.stdout, 'data');
  const pids: number[] = JSON.parse(String(line));
  expect(pids.map(isRunning)).toEqual([true, true]);
  expect(await answer(url)).toBe(pids[0]);

  parent.kill(signal);
  await once(parent, 'exit');
  await until(() => !pids.some(isRunning));
  await until(() => !existsSync(path.join(folder, 'http.pid')) && !existsSync(path.join(folder, 'deaf.pid')));
});

test('a log is shown by its first and last lines', () => {
  const lines = Array.from({ length: 100 }, (_, index) => `line ${index}`);
  expect(excerpt(lines.slice(0, 20).join('\n'))).toBe(lines.slice(0, 20).join('\n'));
  expect(excerpt(`${lines.join('\n')}\n`).split('\n')).toEqual([
    ...lines.slice(0, 8),
    '…',
    ...lines.slice(88),
  ]);
});
