/**
 * The operators in the box that are activities: what is exported here is there for all DAGs, by its name, and for those
 * in TypeScript as `import { sparkSql } from 'nightjar/operators'`.
 */
export { generateTaskLogs } from './generate-task-logs/generate-task-logs.js';
export { http } from './http.js';
export { ingest } from './ingest/operator.js';
export { notify } from './notify.js';
export { python } from './python.js';
export { report } from './report/report.js';
export { shell } from './shell.js';
export { sparkSql } from './spark-sql.js';
export { sparkTransform } from './spark-transform.js';
export { train } from './train/operator.js';
