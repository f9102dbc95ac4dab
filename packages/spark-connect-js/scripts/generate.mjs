#!/usr/bin/env node
/**
 * Generates the TypeScript code of Spark Connect's protocol into src/gen/.
 *
 *   node scripts/generate.mjs <folder with Spark's jars>      (or the environment variable SPARK_JARS)
 *
 * The .proto files are read from the Spark Connect jar of the Spark distribution itself, so protocol and server
 * always agree. Works without a network and runs before anything is built: it imports Node's own modules only, and
 * calls the npm binaries `buf` and `protoc-gen-es`. Nothing happens when the generated code is up to date.
 */
import { spawn } from 'node:child_process';
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';

const packageRoot = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const target = path.join(packageRoot, 'src', 'gen');
const stampName = '.stamp.json';
const jarPattern = /^spark-connect_\d+\.\d+-(\d+\.\d+\.\d+.*)\.jar$/;
/** The protocol, and the standard gRPC error details (retry delays, error ids) that the server attaches to errors. */
const wanted = (name) =>
  (/^spark\/connect\/[a-z_]+\.proto$/.test(name) && !name.endsWith('/example_plugins.proto')) ||
  name === 'google/rpc/error_details.proto';

/** An error whose message is meant for the user, as one line. */
class GenerateError extends Error {}

/**
 * Reads entries of a zip file through its central directory: just what a jar needs (stored or deflated entries,
 * no encryption, no zip64).
 * @param {string} file
 * @param {(name: string) => boolean} filter
 * @returns {Promise<Map<string, Buffer>>} entry name → content
 */
async function readZipEntries(file, filter) {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const read = async (position, length) => {
      if (position + length > size) {
        throw new GenerateError(`${file} is cut short. Remove it and install Spark again.`);
      }
      const buffer = Buffer.alloc(length);
      await handle.read(buffer, 0, length, position);
      return buffer;
    };
    // The end record is 22 bytes long and may be followed by a comment of up to 65,535 bytes.
    const tailStart = Math.max(0, size - 22 - 0xffff);
    const tail = await read(tailStart, size - tailStart);
    const end = tail.lastIndexOf('PK\x05\x06', undefined, 'latin1');
    if (end < 0) throw new GenerateError(`${file} is not a complete jar. Remove it and install Spark again.`);
    const count = tail.readUInt16LE(end + 10);
    const directory = await read(tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
    const entries = new Map();
    for (let index = 0, at = 0; index < count; index++) {
      const nameLength = directory.readUInt16LE(at + 28);
      const name = directory.toString('utf8', at + 46, at + 46 + nameLength);
      if (filter(name)) {
        const method = directory.readUInt16LE(at + 10);
        const headerAt = directory.readUInt32LE(at + 42);
        const header = await read(headerAt, 30);
        const dataAt = headerAt + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
        const data = await read(dataAt, directory.readUInt32LE(at + 20));
        if (method !== 0 && method !== 8) {
          throw new GenerateError(`${file}: ${name} is packed by an unknown method.`);
        }
        entries.set(name, method === 0 ? data : await promisify(inflateRaw)(data));
      }
      at += 46 + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    }
    return entries;
  } finally {
    await handle.close();
  }
}

/** @param {string | undefined} jarsFolder */
async function findJar(jarsFolder) {
  const usage = 'Usage: node scripts/generate.mjs <folder with the jars of Spark>, or set SPARK_JARS.';
  if (!jarsFolder) throw new GenerateError(`Which Spark? ${usage}`);
  const names = await readdir(jarsFolder).catch(() => {
    throw new GenerateError(`There is no folder ${jarsFolder}. ${usage}`);
  });
  const name = names.find((candidate) => jarPattern.test(candidate));
  if (!name)
    throw new GenerateError(`There is no spark-connect_*.jar in ${jarsFolder}. Is it Spark 4's jars folder?`);
  return path.join(jarsFolder, name);
}

/** Where an npm package's executable script is, and the package's version. */
async function findTool(packageName, binary) {
  const require = createRequire(import.meta.url);
  let manifestPath;
  try {
    manifestPath = require.resolve(`${packageName}/package.json`);
  } catch {
    throw new GenerateError(`The npm package ${packageName} is missing. Run npm install first.`);
  }
  const manifest = JSON.parse(await readFile(manifestPath, 'utf8'));
  return { script: path.join(path.dirname(manifestPath), manifest.bin[binary]), version: manifest.version };
}

/** Runs a Node script to its end; its output is part of the error when it fails. */
async function runScript(script, args, options) {
  const child = spawn(process.execPath, [script, ...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  if (code !== 0)
    throw new GenerateError(`${path.basename(script)} ended with code ${code}: ${output.trim()}`);
}

/** @param {string} stamp */
async function isUpToDate(stamp) {
  return (await readFile(path.join(target, stampName), 'utf8').catch(() => '')) === stamp;
}

/**
 * Generates src/gen/ unless it is up to date.
 * @param {string | undefined} jarsFolder
 * @returns {Promise<{ generated: boolean, sparkVersion: string }>}
 */
export async function generate(jarsFolder) {
  const jar = await findJar(jarsFolder);
  const sparkVersion = jarPattern.exec(path.basename(jar))?.[1] ?? '';
  const buf = await findTool('@bufbuild/buf', 'buf');
  const plugin = await findTool('@bufbuild/protoc-gen-es', 'protoc-gen-es');
  const jarHandle = await open(jar, 'r');
  const { size } = await jarHandle.stat().finally(() => jarHandle.close());
  const stamp = `${JSON.stringify({ jar: path.basename(jar), size, plugin: plugin.version })}\n`;
  if (await isUpToDate(stamp)) return { generated: false, sparkVersion };

  const work = path.join(packageRoot, 'dist', `.generate-${process.pid}`);
  try {
    const protos = await readZipEntries(jar, wanted);
    if (protos.size < 2) throw new GenerateError(`${jar} holds no .proto files of Spark Connect.`);
    for (const [name, content] of protos) {
      const file = path.join(work, 'proto', name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, content);
    }
    const moduleConfig = { version: 'v2', modules: [{ path: 'proto' }] };
    const generateConfig = {
      version: 'v2',
      plugins: [
        {
          local: [process.execPath, plugin.script],
          out: 'gen',
          opt: ['target=ts', 'import_extension=js'],
        },
      ],
    };
    // JSON is YAML: no quoting rules to get wrong.
    await writeFile(path.join(work, 'buf.yaml'), JSON.stringify(moduleConfig));
    await writeFile(path.join(work, 'buf.gen.yaml'), JSON.stringify(generateConfig));
    const env = { ...process.env, BUF_CACHE_DIR: path.join(work, 'cache') };
    await runScript(buf.script, ['generate'], { cwd: work, env });
    await writeFile(path.join(work, 'gen', stampName), stamp);
    await rename(target, path.join(work, 'old')).catch((error) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rename(path.join(work, 'gen'), target).catch(async (error) => {
      // Another process may have finished the same work a moment earlier.
      if (!(await isUpToDate(stamp))) throw error;
    });
    return { generated: true, sparkVersion };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    const { generated, sparkVersion } = await generate(process.argv[2] ?? process.env.SPARK_JARS);
    console.log(
      generated ? `Protocol code of Spark ${sparkVersion} generated.` : 'Protocol code is up to date.',
    );
  } catch (error) {
    console.error(error instanceof GenerateError ? error.message : error);
    process.exitCode = 1;
  }
}
