import { isPlainObject, type Json } from './json.js';
import type { Path } from './problem.js';
import { hasTemplate, type Template } from './template.js';

/**
 * Values that stand for something else: `{ env: NAME }`, a variable of the worker's environment, and `{ file: PATH }`, a file beside
 * the DAG. They do so only where the DAG document itself has them. What a template gives is data, whatever its shape: params,
 * outputs and data may say anything.
 */
const keys = ['env', 'file'] as const;

/** Whether a value has the form of one that stands for something else. */
export const standsForOther = (value: unknown): boolean =>
  isPlainObject(value) && keys.some((key) => Object.hasOwn(value, key));

/** Whether a template would choose what a value of such a form stands for. */
export const choosesByTemplate = (value: unknown): boolean =>
  isPlainObject(value) &&
  keys.some((key) => {
    const name = value[key];
    return typeof name === 'string' && hasTemplate(name);
  });

/** Where in rendered params something of such a form came from a template; few params have any. */
export function dataPaths({ expressions }: Template, rendered: Json): Path[] {
  const paths = expressions.filter(({ path }) => containsForm(at(rendered, path))).map(({ path }) => path);
  return [...new Map(paths.map((path) => [JSON.stringify(path), path])).values()];
}

function containsForm(value: Json | undefined): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return standsForOther(value) || Object.values(value).some(containsForm);
}

/** The value at a path inside another. */
export const at = (value: Json, path: Path): Json | undefined =>
  path.reduce<Json | undefined>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key)
        ? (inner as { [key: string]: Json })[key]
        : undefined,
    value,
  );
