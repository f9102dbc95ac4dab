export { DagBuildError } from './call-site.js';
export { dag } from './dag.js';
export type { DagDefinition } from './definition.js';
export type { Ref, Reference } from './reference.js';
export { expr } from './render.js';
export type { DagBuilder, Group, Task } from './types.js';
