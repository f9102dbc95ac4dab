import { workerData } from 'piscina';
import { loadOperators } from '../activities/load-operators.js';
import { type DagFile, makeDags } from '../activities/run/dag-files.js';
import type { Made } from '../activities/run/file-cache.js';
import type { DagFileText, DagReaderSettings } from './dag-reader.js';
import { operatorSchemas } from './dag-sources.js';

const { config, operatorsFolder } = workerData as DagReaderSettings;
const operators = operatorSchemas(await loadOperators(operatorsFolder));

/** The thread of `DagReader`: makes the DAGs of one file. */
export default ({ file, text }: DagFileText): Promise<Made<DagFile[]>> =>
  makeDags(file, text, { config, operators });

/** Answers once the operators are loaded. */
export const ready = (): void => undefined;
