import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually, sparkUi } from './spark.js';

/** What Spark's own start scripts open to Spark on Java 17 and later. */
const opened = [
  ...['java.lang', 'java.lang.invoke', 'java.lang.reflect', 'java.io', 'java.net', 'java.nio', 'java.util'],
  ...['java.util.concurrent', 'java.util.concurrent.atomic', 'jdk.internal.ref', 'sun.nio.ch', 'sun.nio.cs'],
  ...['sun.security.action', 'sun.util.calendar'],
].map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`);

interface Environment {
  readonly runtime: { readonly javaHome: string };
  readonly classpathEntries: readonly (readonly [entry: string, source: string])[];
}

/** A Spark Connect server of a test's own, with the Java and the jars of the one under test. To be stopped. */
export class OwnServer {
  #process: ChildProcess | undefined;

  private constructor(
    private readonly port: number,
    private readonly java: string,
    private readonly args: readonly string[],
    private readonly folder: string,
  ) {}

  static async start(settings: Readonly<Record<string, string>> = {}): Promise<OwnServer> {
    const [port, ui] = [await freePort(), sparkUi()];
    const applications = (await (await fetch(`${ui}/api/v1/applications`)).json()) as { id: string }[];
    const response = await fetch(`${ui}/api/v1/applications/${applications[0]?.id}/environment`);
    const { runtime, classpathEntries } = (await response.json()) as Environment;
    const jars = classpathEntries.map(([entry]) => entry).filter((entry) => entry.endsWith('.jar'));
    const folder = mkdtempSync(path.join(tmpdir(), 'own-spark-'));
    const properties = {
      'spark.master': 'local[2]',
      'spark.ui.enabled': 'false',
      'spark.connect.grpc.binding.port': String(port),
      'spark.sql.warehouse.dir': path.join(folder, 'warehouse'),
      ...settings,
    };
    const server = new OwnServer(
      port,
      path.join(runtime.javaHome, 'bin', 'java'),
      [
        ...['-Xmx1g', ...opened],
        ...Object.entries(properties).map(([key, value]) => `-D${key}=${value}`),
        ...['-cp', jars.join(path.delimiter), 'org.apache.spark.sql.connect.service.SparkConnectServer'],
      ],
      folder,
    );
    await server.run();
    return server;
  }

  get remote(): string {
    return `sc://127.0.0.1:${this.port}`;
  }

  /** Starts the server, again after {@link kill}, and waits until it listens. */
  async run(): Promise<void> {
    const env = { ...process.env, SPARK_LOCAL_IP: '127.0.0.1' };
    const child = spawn(this.java, this.args, { cwd: this.folder, env, stdio: 'ignore' });
    this.#process = child;
    await eventually(
      () => canConnect(this.port),
      (listening) => {
        if (child.exitCode !== null) throw new Error(`The server ended with code ${child.exitCode}`);
        return listening;
      },
    );
  }

  /** Ends the server for good and removes its files. */
  async stop(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Ends the server as a crash would. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
}

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  server.close();
  return port;
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}
