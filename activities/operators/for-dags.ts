/** What `import … from 'nightjar/operators'` gives to DAGs in TypeScript: all operators in the box. */
export {
  branch,
  fail,
  latestOnly,
  noop,
  shortCircuit,
  sleep,
  timeSensor,
  triggerDag,
} from '../../dag/control/index.js';
export * from './index.js';
