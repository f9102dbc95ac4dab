import type { Operator } from './operator.js';
import * as inTheBox from './operators/index.js';

/** The operators in the box. */
export const builtInOperators: readonly Operator[] = Object.values(inTheBox) as readonly Operator[];
