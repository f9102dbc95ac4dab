import { isPlainObject } from './json.js';
import type { Problem } from './problem.js';
import type { Source, SourceError, YamlSource } from './source.js';

/** Maps that are merged name by name; every other key is taken whole from the first layer that has it. */
const mergedMaps: readonly string[] = ['defaults', 'params', 'callbacks', 'groups'];

/** Keys that make a DAG the one it is. */
const ownKeys: readonly string[] = ['dagId', 'tasks'];

/** A file that a document includes, as it was written. */
export interface Include {
  path: string;
  /** Place in the list; undefined when `include` is one path alone. */
  index: number | undefined;
}

/** What a document includes, in its order. Anything in `include` that is no path is left to {@link LayeredSource}. */
export function includesOf({ value }: Source): Include[] {
  if (!isPlainObject(value)) return [];
  const { include } = value;
  if (typeof include === 'string') return [{ path: include, index: undefined }];
  if (!Array.isArray(include)) return [];
  return include.flatMap((path: unknown, index) => (typeof path === 'string' ? [{ path, index }] : []));
}

/** A document with the files that it includes below it. Every part keeps its place in the file it comes from. */
export class LayeredSource implements Source {
  readonly value: unknown;
  readonly errors: readonly SourceError[];

  constructor(
    /** The document, then what it includes, what counts more first. */
    readonly layers: readonly [YamlSource, ...YamlSource[]],
    /** What kept files from being included. */
    failures: readonly SourceError[] = [],
  ) {
    const [document, ...included] = layers;
    this.errors = [
      ...failures,
      ...layers.flatMap((layer) => [
        ...layer.errors,
        ...(layer.errors.length > 0 ? [] : includeProblems(layer.value).map((each) => layer.locate(each))),
      ]),
      ...included.flatMap((layer) =>
        layer.errors.length > 0 ? [] : fragmentProblems(layer.value).map((each) => layer.locate(each)),
      ),
    ];
    this.value = this.errors.length > 0 || !isPlainObject(document.value) ? document.value : merge(layers);
  }

  locate(problem: Problem): SourceError {
    return this.#origin(problem.path).locate(problem);
  }

  /** The layer that the value at a path was taken from. */
  #origin([key, name]: Problem['path']): YamlSource {
    const [document] = this.layers;
    if (key === undefined) return document;
    const having = this.layers.filter(({ value }) => isPlainObject(value) && Object.hasOwn(value, key));
    const named =
      mergedMaps.includes(String(key)) && name !== undefined
        ? having.find(({ value }) => {
            const map = (value as Record<string, unknown>)[key];
            return isPlainObject(map) && Object.hasOwn(map, name);
          })
        : undefined;
    return named ?? having[0] ?? document;
  }
}

function merge(layers: readonly Source[]): Record<string, unknown> {
  const merged: Record<string, unknown> = {};
  for (const { value } of layers) {
    if (!isPlainObject(value)) continue;
    for (const [key, own] of Object.entries(value)) {
      if (key === 'include') continue;
      const above = merged[key];
      if (!Object.hasOwn(merged, key)) merged[key] = own;
      else if (mergedMaps.includes(key) && isPlainObject(above) && isPlainObject(own)) {
        merged[key] = { ...own, ...above };
      }
    }
  }
  return merged;
}

function includeProblems(value: unknown): Problem[] {
  if (!isPlainObject(value) || value.include === undefined) return [];
  const { include } = value;
  const message = 'expected the path of a YAML file or a list of these';
  if (typeof include === 'string') return [];
  if (!Array.isArray(include)) return [{ path: ['include'], on: 'value', message }];
  return include.flatMap((path: unknown, index): Problem[] =>
    typeof path === 'string' ? [] : [{ path: ['include', index], on: 'value', message }],
  );
}

function fragmentProblems(value: unknown): Problem[] {
  if (!isPlainObject(value)) {
    return [
      { path: [], on: 'value', message: "expected a map of a DAG's keys, such as defaults and params" },
    ];
  }
  return ownKeys
    .filter((key) => Object.hasOwn(value, key))
    .map((key) => ({
      path: [key],
      on: 'key',
      message: `an included file can't have ${key}: every DAG has its own`,
    }));
}
