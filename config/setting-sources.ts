import { isPlainObject } from '../dag/json.js';
import type { TracedConfig } from './loader.js';

type Path = readonly string[];

/** Single settings by their dotted names, in the order of the schema; a list is one setting, and so is an empty map. */
export function singleSettings(value: unknown, path: Path = []): [Path, unknown][] {
  if (!isPlainObject(value) || (path.length > 0 && Object.keys(value).length === 0)) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => singleSettings(inner, [...path, key]));
}

/** Where a setting comes from: `default`, `config/config.yaml:12`, `NIGHTJAR__SPARK__CORES`, `--set spark.cores`. */
export function sourceOf(path: Path, { file, overrides }: TracedConfig): string {
  const culprit = overrides.findLast((each) => each.path.every((segment, index) => path[index] === segment));
  if (culprit !== undefined) return culprit.source;
  if (file === undefined || !isIn(file.value, path)) return 'default';
  return `${file.file}:${file.locate({ path, on: 'key', message: '' }).line}`;
}

function isIn(value: unknown, [key, ...rest]: Path): boolean {
  if (key === undefined) return value !== undefined && value !== null;
  return isPlainObject(value) && isIn(value[key], rest);
}
