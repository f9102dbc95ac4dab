/**
 * Entry point of the workflow bundle. The default export handles every workflow type that has no export of its own, so
 * that a DAG run's workflow type is the DAG's id.
 */
export { dagRun as default } from './dag-run.js';
