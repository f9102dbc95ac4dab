/** What `import … from 'nightjar'` gives to those who write operators and DAGs. */
export * from '../dag/builder/index.js';
export * from './operator.js';
export { type TextOrVariable, textOf, textOrVariable } from './processes/environment.js';
