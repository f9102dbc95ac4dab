import { type DataType, Decimal, type SparkSession, type Value, valueToJson } from 'spark-connect-js';
import { isExactNumber } from '../../../dag/exact-json.js';
import type { Cell, ColumnType, DataTable } from './report-data.js';

/** The first rows of a query, at most so many. @throws SparkConnectError */
export async function runSparkQuery(session: SparkSession, sql: string, maxRows: number): Promise<DataTable> {
  const frame = (await session.sql(sql)).limit(maxRows + 1);
  const rows = await frame.collect();
  const { fields } = rows[0]?.schema ?? (await frame.schema());
  return {
    columns: fields.map(({ name, dataType }) => ({ name, type: columnType(dataType) })),
    rows: rows.slice(0, maxRows).map((row) => row.values.map(toCell)),
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

function toCell(value: Value): Cell {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'bigint' || value instanceof Decimal) {
    const text = String(value);
    return isExactNumber(text) ? Number(text) : text;
  }
  const json = JSON.stringify(valueToJson(value));
  // Dates, times and intervals are JSON strings; lists, maps and structs are shown as their JSON.
  return json.startsWith('"') ? (JSON.parse(json) as string) : json;
}
