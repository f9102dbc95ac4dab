import * as arrow from 'apache-arrow';
import type { SparkConnectClient } from '../client/client.js';
import { SparkConnectError } from '../client/errors.js';
import type { ExecuteOptions } from '../client/execution.js';
import type { ExecutePlanResponse_ArrowBatch } from '../gen/spark/connect/base_pb.js';
import type { RelationInit } from '../plan/plan.js';
import type { StructType } from '../types/data-type.js';
import { structFromProto } from '../types/type-proto.js';
import { readRows } from '../values/arrow-read.js';
import type { AnyRow, Row } from '../values/row.js';

/** A part of a result: Arrow data with Spark's schema of them. */
export interface ResultBatch {
  readonly batch: arrow.RecordBatch;
  readonly schema: StructType;
}

/**
 * Executes a relation and gives its result batch by batch, as the server sends it. No more than a few batches are in
 * memory at a time. A result without rows has one empty batch.
 */
export async function* streamBatches(
  client: SparkConnectClient,
  relation: RelationInit,
  options?: ExecuteOptions,
): AsyncGenerator<ResultBatch, void, undefined> {
  let schema: StructType | undefined;
  const assembler = new ChunkAssembler();
  for await (const response of client.executeRelation(relation, options)) {
    if (response.schema !== undefined) schema = structFromProto(response.schema);
    if (response.responseType.case !== 'arrowBatch') continue;
    const message = assembler.add(response.responseType.value);
    if (message === undefined) continue;
    if (schema === undefined) throw new SparkConnectError('The server sent data before their schema');
    for (const batch of arrow.RecordBatchReader.from(message)) yield { batch, schema };
  }
}

/** Executes a relation and gives its rows as the server sends them. */
export async function* streamRows<T extends object = AnyRow>(
  client: SparkConnectClient,
  relation: RelationInit,
  options?: ExecuteOptions,
): AsyncGenerator<Row<T>, void, undefined> {
  for await (const { batch, schema } of streamBatches(client, relation, options)) {
    yield* readRows<T>(batch, schema);
  }
}

export async function collectRows<T extends object = AnyRow>(
  client: SparkConnectClient,
  relation: RelationInit,
  options?: ExecuteOptions,
): Promise<Row<T>[]> {
  const parts: Row<T>[][] = [];
  for await (const { batch, schema } of streamBatches(client, relation, options)) {
    parts.push(readRows<T>(batch, schema));
  }
  return parts.flat();
}

export async function collectArrow(
  client: SparkConnectClient,
  relation: RelationInit,
  options?: ExecuteOptions,
): Promise<arrow.Table> {
  const batches: arrow.RecordBatch[] = [];
  for await (const { batch } of streamBatches(client, relation, options)) batches.push(batch);
  return new arrow.Table(batches);
}

/** Puts batches together again that the server cut in chunks to keep its messages small. */
class ChunkAssembler {
  #chunks: Uint8Array[] = [];

  /** @returns the whole message of Arrow IPC once its last chunk has come */
  add({ data, chunkIndex, numChunksInBatch }: ExecutePlanResponse_ArrowBatch): Uint8Array | undefined {
    if (numChunksInBatch === undefined || numChunksInBatch <= 1n) return data;
    if (Number(chunkIndex ?? 0n) !== this.#chunks.length) {
      throw new SparkConnectError(
        `The server sent chunk ${chunkIndex} of a batch after ${this.#chunks.length} chunks`,
      );
    }
    this.#chunks.push(data);
    if (this.#chunks.length < numChunksInBatch) return undefined;
    const message = Buffer.concat(this.#chunks);
    this.#chunks = [];
    return message;
  }
}
