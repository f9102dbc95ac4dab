import { DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';

/** The rows of a query, by DuckDB: a reader that shares no code with Nightjar. */
export async function duckdb(sql: string): Promise<Record<string, DuckDBValue>[]> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    return (await connection.runAndReadAll(sql)).getRowObjects();
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** A table function for all Parquet files below a folder. */
export const parquet = (folder: string): string =>
  `read_parquet('${folder.replaceAll("'", "''")}/**/*.parquet', hive_partitioning = true)`;
