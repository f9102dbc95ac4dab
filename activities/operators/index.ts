/**
 * The operators in the box that are activities: what is exported here is there for all DAGs, by its name, and for those
 * in TypeScript as `import { sparkSql } from 'nightjar/operators'`.
 */
export { datasetSensor } from './dataset-sensor.js';
export { fileSensor } from './file-sensor.js';
export { generateTaskLogs } from './generate-task-logs/generate-task-logs.js';
export { http } from './http.js';
export { httpSensor } from './http-sensor.js';
export { ingest } from './ingest/operator.js';
export { notify } from './notify.js';
export { python } from './python.js';
export { report } from './report/report.js';
export { shell } from './shell.js';
export { sparkSql } from './spark-sql.js';
export { sparkTransform } from './spark-transform.js';
export { sqlSensor } from './sql-sensor.js';
export { taskSensor } from './task-sensor.js';
export { train } from './train/operator.js';
