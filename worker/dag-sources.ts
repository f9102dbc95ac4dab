import { dirname, resolve } from 'node:path';
import type { ZodType } from 'zod';
import type { Operators } from '../activities/load-operators.js';
import type { DagSources } from '../activities/run/dag-files.js';
import { type Config, pipelineSettings } from '../config/loader.js';
import { controlOperators } from '../dag/control/index.js';
import type { JsonObject } from '../dag/json.js';

/** Where this installation looks for DAGs: the configured folders, and the folders of files named on the command line. */
export function dagSources(config: Config, operators: Operators, files: readonly string[] = []): DagSources {
  const folders = [
    ...config.dags.folders.map((folder) => resolve(folder)),
    ...files.map((file) => dirname(resolve(file))),
  ];
  return {
    folders: [...new Set(folders)],
    config: pipelineSettings(config) as unknown as JsonObject,
    operators: operatorSchemas(operators),
  };
}

/** The params of all operators that a DAG may name, by the operator's name. */
export const operatorSchemas = (operators: Operators): ReadonlyMap<string, ZodType> =>
  new Map([...controlOperators.values(), ...operators.values()].map(({ name, params }) => [name, params]));
