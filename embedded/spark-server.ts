import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { serverEnvironment } from './setup/environment.mjs';
import { findJava } from './setup/java.mjs';
import { sparkJars } from './setup/layout.mjs';
import type { ServiceSpec } from './supervisor.mjs';
import { keptToken } from './token.js';

/** The Spark Connect server to use or to start. */
export interface SparkOptions {
  /** `sc://host:port/…` of a server that already runs. `SPARK_REMOTE` goes first. Default: an embedded one. */
  remote?: string | undefined;
  /** Heap of the Java process, as `512m` or `2g`. Driver and executor are one. Default `2g`. */
  driverMemory?: string | undefined;
  /** Tasks that run at the same time. Default: as many as there are cores. */
  cores?: number | undefined;
  /** Spark configuration, `spark.*` keys. Master, ports, binding address and token are not open to it. */
  conf?: Readonly<Record<string, string>>;
  /** Variables of this process's environment that the server may know beside the ordinary ones. Default: none. */
  environment?: readonly string[];
  /** Of the files that the server writes. Default 0o077: nobody else may read them. */
  umask?: number;
  /** Port of Spark Connect, if it is free. Default 15002, for ephemeral instances any free one. */
  port?: number | undefined;
  /** Port of the web UI, if it is free. Default 4040, for ephemeral instances any free one. */
  uiPort?: number | undefined;
}

/** Packages of java.base that Spark reaches into by reflection. */
const OPENED_PACKAGES = [
  'java.io',
  'java.lang',
  'java.lang.invoke',
  'java.lang.reflect',
  'java.net',
  'java.nio',
  'java.util',
  'java.util.concurrent',
  'java.util.concurrent.atomic',
  'jdk.internal.ref',
  'sun.nio.ch',
  'sun.nio.cs',
  'sun.security.action',
  'sun.util.calendar',
];

const TOKEN_SETTING = 'spark.connect.authenticate.token';

/** Ten seconds are usual; a machine that is busy with other work takes minutes. */
const startTimeoutMs = 300_000;

const SERVER_CLASS = 'org.apache.spark.sql.connect.service.SparkConnectServer';

/** The server's own start message is the only one wanted below WARN: it says that the port is its own. */
const LOG4J = `status = error
rootLogger.level = warn
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %p %c{1}: %m%n%ex
logger.start.name = ${SERVER_CLASS}
logger.start.level = info
logger.native.name = org.apache.hadoop.util.NativeCodeLoader
logger.native.level = error
`;

/**
 * How to run Spark Connect with its state in a folder. Java is called directly, because Spark's scripts ask for a Java
 * module that slim runtimes lack.
 * @throws Error when set-up has not installed Spark or a Java for it
 */
export async function sparkService(
  home: string,
  instanceFolder: string,
  ports: { grpc: number; ui: number },
  options: SparkOptions,
): Promise<ServiceSpec> {
  const jars = sparkJars(home);
  const java = await findJava(home);
  if (!existsSync(jars) || !java) {
    const missing = java ? `Spark is not installed (${jars} is missing)` : 'No Java 17 or 21 was found';
    throw new Error(`${missing}: run "node embedded/setup/main.mjs".`);
  }
  const folder = path.join(instanceFolder, 'spark');
  const scratch = path.join(folder, 'tmp');
  // Shuffle files and the like, of servers that were killed before they could remove them.
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  const log4j = path.join(folder, 'log4j2.properties');
  await writeFile(log4j, LOG4J);

  const address = `127.0.0.1:${ports.grpc}`;
  const { umask = 0o077 } = options;
  const conf: Record<string, string> = {
    'spark.app.name': 'nightjar',
    'spark.sql.warehouse.dir': path.join(folder, 'warehouse'),
    'spark.ui.enabled': 'true',
    'spark.ui.showConsoleProgress': 'false',
    'spark.local.dir': scratch,
    // Hadoop sets the modes of files by itself.
    'spark.hadoop.fs.permissions.umask-mode': umask.toString(8).padStart(3, '0'),
    // Its inner ports take no calls but its own.
    'spark.authenticate': 'true',
    ...options.conf,
    'spark.master': `local[${options.cores ?? '*'}]`,
    'spark.ui.port': String(ports.ui),
    'spark.connect.grpc.binding.address': '127.0.0.1',
    'spark.connect.grpc.binding.port': String(ports.grpc),
    // Spark would silently move on to the next port, where nobody looks for it.
    'spark.port.maxRetries': '0',
    'spark.connect.grpc.port.maxRetries': '0',
  };
  delete conf[TOKEN_SETTING];
  return {
    name: 'Spark Connect',
    command: java,
    args: [
      ...['-cp', path.join(jars, '*'), `-Xmx${options.driverMemory ?? '2g'}`],
      // An out-of-memory server would linger half alive; ended, it is restarted.
      ...['-XX:+ExitOnOutOfMemoryError', '-XX:+IgnoreUnrecognizedVMOptions', '-XX:-UsePerfData'],
      ...OPENED_PACKAGES.flatMap((name) => ['--add-opens', `java.base/${name}=ALL-UNNAMED`]),
      ...['-Dio.netty.tryReflectionSetAccessible=true', '-Dfile.encoding=UTF-8'],
      ...[`-Djava.io.tmpdir=${scratch}`, `-Dlog4j2.configurationFile=${log4j}`],
      ...Object.entries(conf).map(([key, value]) => `-D${key}=${value}`),
      SERVER_CLASS,
    ],
    env: {
      ...serverEnvironment(options.environment),
      SPARK_LOCAL_IP: '127.0.0.1',
      // Not on the command line, which everybody on the machine can read.
      SPARK_CONNECT_AUTHENTICATE_TOKEN: await sparkToken(instanceFolder),
    },
    umask,
    cwd: folder,
    logFile: path.join(instanceFolder, 'spark.log'),
    pidFile: path.join(instanceFolder, 'spark.pid'),
    startTimeoutMs,
    health: { logLine: 'Spark Connect server started at', grpc: { address, path: SPARK_PROBE } },
  };
}

/**
 * The token that the Spark Connect server of an instance asks for: without one, every user of the machine could have it run
 * code.
 */
export const sparkToken = (instanceFolder: string): Promise<string> =>
  keptToken(path.join(instanceFolder, 'spark.token'));

/** A call that a Spark Connect server answers, with an error, when it is sent an empty message. */
export const SPARK_PROBE = '/spark.connect.SparkConnectService/Config';
