import { type DuckDBConnection, DuckDBInstance, type DuckDBValue, type Json } from '@duckdb/node-api';

/** The rows of a query, by DuckDB: a reader that shares no code with Nightjar. */
export const duckdb = (sql: string): Promise<Record<string, DuckDBValue>[]> =>
  connected(async (connection) => (await connection.runAndReadAll(sql)).getRowObjects());

/** The rows of a query as plain data: numbers that doubles may not hold are text. */
export const plainRows = (sql: string): Promise<Json[][]> =>
  connected(async (connection) => (await connection.runAndReadAll(sql)).getRowsJson());

async function connected<T>(use: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    return await use(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** A table function for all Parquet files below a folder. */
export const parquet = (folder: string): string =>
  `read_parquet('${folder.replaceAll("'", "''")}/**/*.parquet', hive_partitioning = true)`;
