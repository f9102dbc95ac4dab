import type { Operator } from '../operator.js';
import { generateTaskLogs } from './generate-task-logs/generate-task-logs.js';
import { ingest } from './ingest/operator.js';
import { report } from './report/report.js';
import { sparkSql } from './spark-sql.js';
import { sparkTransform } from './spark-transform.js';
import { train } from './train/operator.js';

/** The operators in the box, by name. */
export const builtInOperators: readonly Operator[] = [
  generateTaskLogs,
  ingest,
  sparkSql,
  sparkTransform,
  train,
  report,
] as readonly Operator[];
