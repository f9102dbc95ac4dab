import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { AddArtifactsRequestSchema } from '../gen/spark/connect/base_pb.js';
import { SparkConnectError } from './errors.js';
import type { RequestHeader, SessionChannel } from './session-channel.js';

/** Bytes of an artifact per message; what Spark's own clients send. */
const chunkBytes = 32 * 1024;

/**
 * Uploads blobs that the session does not hold yet.
 * @returns the SHA-256 of each blob in hex, by which plans refer to them
 * @throws SparkConnectError `ARTIFACT_CORRUPTED` when a blob did not arrive whole
 */
export async function cacheArtifacts(
  channel: SessionChannel,
  blobs: readonly Uint8Array[],
): Promise<string[]> {
  const hashes = blobs.map((blob) => createHash('sha256').update(blob).digest('hex'));
  const byName = new Map(hashes.map((hash, index) => [`cache/${hash}`, blobs[index] ?? new Uint8Array()]));
  const known = await channel.unary((header) =>
    channel.rpc.artifactStatus({ ...header, names: [...byName.keys()] }),
  );
  const missing = [...byName].filter(([name]) => !known.statuses[name]?.exists);
  if (missing.length > 0) {
    const response = await channel.unary((header) => channel.rpc.addArtifacts(uploads(header, missing)));
    const broken = response.artifacts.find((artifact) => !artifact.isCrcSuccessful);
    if (broken) {
      throw new SparkConnectError(`The upload of ${broken.name} arrived damaged.`, {
        errorClass: 'ARTIFACT_CORRUPTED',
      });
    }
  }
  return hashes;
}

type Upload = MessageInitShape<typeof AddArtifactsRequestSchema>;

async function* uploads(
  header: RequestHeader,
  artifacts: [name: string, blob: Uint8Array][],
): AsyncGenerator<Upload> {
  for (const [name, blob] of artifacts) {
    if (blob.byteLength <= chunkBytes) {
      const batch = { artifacts: [{ name, data: chunk(blob) }] };
      yield { ...header, payload: { case: 'batch', value: batch } };
      continue;
    }
    const count = Math.ceil(blob.byteLength / chunkBytes);
    for (let index = 0; index < count; index++) {
      const data = chunk(blob.subarray(index * chunkBytes, (index + 1) * chunkBytes));
      const begin = {
        name,
        totalBytes: BigInt(blob.byteLength),
        numChunks: BigInt(count),
        initialChunk: data,
      };
      yield {
        ...header,
        payload: index === 0 ? { case: 'beginChunk', value: begin } : { case: 'chunk', value: data },
      };
    }
  }
}

function chunk(data: Uint8Array): { data: Uint8Array; crc: bigint } {
  return { data, crc: BigInt(crc32(data)) };
}
