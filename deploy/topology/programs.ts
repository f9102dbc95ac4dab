import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findJava } from '../../embedded/setup/java.mjs';
import { defaultHome, folderOf, pins, temporalBinary } from '../../embedded/setup/layout.mjs';
import { runCommand } from './run-command.js';
import { TopologyError } from './topology-error.js';

/** The Temporal server that docker-compose.yml runs, and that is built here from the same sources. */
export const temporalVersion = '1.32.0';

/** Where the programs are that the topology runs. */
export type Programs = {
  /** Folder with temporal-server and temporal-sql-tool. */
  temporalBin: string;
  /** Folder with the `temporal` command. */
  temporalCli: string;
  /** Folder of Temporal's schemas for PostgreSQL. */
  temporalSchema: string;
  /** Folder with PostgreSQL's programs. */
  postgresBin: string;
  /** SPARK_HOME. */
  sparkHome: string;
  /** What Spark's scripts start: a full Java runtime. */
  javaHome: string;
};

/** Finds everything, and builds Temporal's server if that was not done before. @throws TopologyError with what is missing */
export async function findPrograms(tell: (line: string) => void): Promise<Programs> {
  const postgresBin = await findPostgres();
  const javaHome = await findJavaHome();
  const temporal = await temporalServer(tell);
  return {
    temporalBin: join(temporal, 'bin'),
    temporalSchema: join(temporal, 'schema'),
    temporalCli: join(temporalBinary(defaultHome), '..'),
    postgresBin,
    sparkHome: join(folderOf(defaultHome, pins.spark), 'pyspark'),
    javaHome,
  };
}

/** The folder of the built server. It appears only once it is whole. */
async function temporalServer(tell: (line: string) => void): Promise<string> {
  const folder = join(defaultHome, 'servers', `temporal-server-${temporalVersion}`);
  if (existsSync(folder)) return folder;
  await promisify(execFile)('go', ['version']).catch(() => {
    throw new TopologyError(
      'No Go was found, which builds the Temporal server: install Go 1.26 or newer (https://go.dev/dl), so that `go version` works.',
    );
  });
  tell(`building Temporal's server ${temporalVersion} with Go: some minutes, the first time only …`);
  await mkdir(join(defaultHome, 'servers'), { recursive: true });
  await mkdir(join(defaultHome, 'logs'), { recursive: true });
  const draft = await mkdtemp(join(defaultHome, 'servers', 'draft-'));
  try {
    const bin = join(draft, 'bin');
    const source = 'go.temporal.io/server';
    for (const [path, name] of [
      ['cmd/server', 'temporal-server'],
      ['cmd/tools/sql', 'temporal-sql-tool'],
    ] as const) {
      await runCommand(`build ${name}`, ['go', 'install', `${source}/${path}@v${temporalVersion}`], {
        cwd: draft,
        logFile: join(defaultHome, 'logs', 'temporal-server-build.log'),
        env: { GOBIN: bin },
      });
      await rename(join(bin, path.split('/').at(-1) ?? ''), join(bin, name));
    }
    const { stdout } = await promisify(execFile)(
      'go',
      ['mod', 'download', '-json', `${source}@v${temporalVersion}`],
      { cwd: draft },
    );
    const { Dir } = JSON.parse(stdout) as { Dir: string };
    await cp(join(Dir, 'schema', 'postgresql', 'v12'), join(draft, 'schema'), { recursive: true });
    // Go's module cache is read-only, and so are copies of it.
    await makeWritable(join(draft, 'schema'));
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
  return folder;
}

async function makeWritable(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(folder, entry.name));
  }
}

async function findPostgres(): Promise<string> {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? await readdir(debian) : [];
  const folders = [
    ...versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(':'),
  ];
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')));
  if (found === undefined) {
    throw new TopologyError(
      'No PostgreSQL was found: install the server, on Debian and Ubuntu with `apt-get install postgresql`.',
    );
  }
  return found;
}

/** Spark's own scripts ask for a Java module that slim runtimes, such as the one that set-up installs, lack. */
async function findJavaHome(): Promise<string> {
  const java = await findJava(defaultHome);
  const run = async (...args: string[]): Promise<string> => {
    if (java === undefined) return '';
    const { stdout, stderr } = await promisify(execFile)(java, args);
    return stdout + stderr;
  };
  const home = /java\.home = (.+)/.exec(await run('-XshowSettings:properties', '-version'))?.[1];
  if (home !== undefined && (await run('--list-modules')).includes('jdk.incubator.vector')) return home;
  throw new TopologyError(
    'No full Java 17 or 21 was found: install one, on Debian and Ubuntu with `apt-get install openjdk-17-jdk-headless`, or set JAVA_HOME.',
  );
}
