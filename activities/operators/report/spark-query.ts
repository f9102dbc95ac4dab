import type { DataType, SparkSession, Value } from 'spark-connect-js';
import type { Cell, ColumnType, DataTable } from './report-data.js';

/** The first rows of a query, at most so many. @throws SparkConnectError */
export async function runSparkQuery(session: SparkSession, sql: string, maxRows: number): Promise<DataTable> {
  const frame = (await session.sql(sql)).limit(maxRows + 1);
  const rows = await frame.collect();
  const { fields } = rows[0]?.schema ?? (await frame.schema());
  return {
    columns: fields.map(({ name, dataType }) => ({ name, type: columnType(dataType) })),
    rows: rows
      .slice(0, maxRows)
      .map((row) => row.values.map((value, index) => toCell(value, fields[index]?.dataType.kind))),
    truncated: rows.length > maxRows,
  };
}

function columnType({ kind }: DataType): ColumnType {
  switch (kind) {
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
    case 'float':
    case 'double':
    case 'decimal':
      return 'number';
    case 'boolean':
    case 'date':
      return kind;
    case 'timestamp':
    case 'timestampNtz':
      return 'instant';
    default:
      return 'text';
  }
}

function toCell(value: Value, kind: DataType['kind'] | undefined): Cell {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint' || kind === 'decimal') {
    const number = Number(value);
    return Number.isFinite(number) ? number : null;
  }
  const json = JSON.stringify(value, (_key, inner: unknown) => {
    if (typeof inner === 'bigint') return Number(inner);
    return inner instanceof Map ? Object.fromEntries(inner) : inner;
  });
  // Dates, times and intervals are JSON strings; lists, maps and structs are shown as their JSON.
  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}
