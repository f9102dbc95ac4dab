import * as arrow from 'apache-arrow';
import type { SparkConnectClient } from '../client/client.js';
import { PlanNode } from '../plan/plan.js';
import type { StructType } from '../types/data-type.js';
import { toSchemaJson } from '../types/type-text.js';
import { type RowInput, writeRows } from '../values/arrow-write.js';

/** Data up to this many bytes travel inside the plan; more are uploaded once and referred to by hash. */
const inlineBytes = 1024 * 1024;
/** Rows per upload, so that no part comes near the server's limits for a message. */
const rowsPerChunk = 50_000;

/** Local rows, or an Arrow table, as a node of a plan. */
export async function localRelation(
  client: SparkConnectClient,
  data: readonly RowInput[] | arrow.Table,
  schema: StructType | undefined,
): Promise<PlanNode> {
  const schemaJson = schema && toSchemaJson(schema);
  const chunks = [...ipcChunks(data, schema)];
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined && first.byteLength <= inlineBytes) {
    const value = { data: first, ...(schemaJson !== undefined && { schema: schemaJson }) };
    return new PlanNode(() => ({ case: 'localRelation', value }));
  }
  const dataHashes = await client.cacheArtifacts(chunks);
  const [schemaHash] =
    schemaJson === undefined ? [] : await client.cacheArtifacts([new TextEncoder().encode(schemaJson)]);
  const value = { dataHashes, ...(schemaHash !== undefined && { schemaHash }) };
  return new PlanNode(() => ({ case: 'chunkedCachedLocalRelation', value }));
}

function* ipcChunks(
  data: readonly RowInput[] | arrow.Table,
  schema: StructType | undefined,
): Generator<Uint8Array> {
  const rows = isTable(data) ? data.numRows : data.length;
  for (let start = 0; start === 0 || start < rows; start += rowsPerChunk) {
    const end = Math.min(rows, start + rowsPerChunk);
    if (isTable(data)) {
      yield arrow.tableToIPC(data.slice(start, end), 'stream');
    } else if (schema) {
      yield arrow.tableToIPC(writeRows(data.slice(start, end), schema, start), 'stream');
    }
  }
}

function isTable(data: readonly RowInput[] | arrow.Table): data is arrow.Table {
  return arrow.isArrowTable(data);
}
