import { parseExpression } from '../expression.js';
import { isPlainObject, type Json, show } from '../json.js';
import { formatPath, type Path } from '../problem.js';
import { parseTemplate } from '../template.js';
import { unwrapCondition } from '../when.js';
import { expressionIn, isReference, type Ref, reference } from './reference.js';

/** A value that can't be written into a document. */
export class RenderError extends Error {}

/** Tasks and groups of the builder stand for their ids. */
export interface Node {
  readonly id: string;
}

/** Whether a value is a task or a group of the DAG that is being built. @throws RenderError when it is another DAG's */
export type IsNode = (value: unknown) => value is Node;

/** The document's form of a value: references become templates, tasks and groups their ids. @throws RenderError */
export function render(value: unknown, isNode: IsNode, path: Path = []): Json | undefined {
  if (value === undefined || value === null) return value;
  if (isReference(value)) return String(value);
  if (isNode(value)) return value.id;
  if (Array.isArray(value)) {
    return value.map((item, index) => render(item, isNode, [...path, index]) ?? null);
  }
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (isPlainObject(value) && isPlain(value)) {
    if (path.length > 100)
      throw new RenderError(`${formatPath(path.slice(0, 3))}…: the value contains itself`);
    const entries = Object.entries(value).flatMap(([key, item]) => {
      const rendered = render(item, isNode, [...path, key]);
      return rendered === undefined ? [] : [[key, rendered] as const];
    });
    return Object.fromEntries(entries);
  }
  const hint = value instanceof Date ? '; write date.toISOString()' : '';
  throw new RenderError(
    `${formatPath(path)}: expected a value that JSON can hold, got ${describe(value)}${hint}`,
  );
}

const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};

const describe = (value: unknown): string => {
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'object') return `a ${value?.constructor?.name ?? 'strange'} object`;
  return typeof value === 'number' ? String(value) : typeof value === 'bigint' ? `${value}n` : show(value);
};

/** The form of a condition: an expression without `${{ }}` around it. */
export function renderCondition(value: unknown): unknown {
  return isReference(value) ? expressionIn(value).text : value;
}

/**
 * An expression in CEL. References in it stay what they are, tasks become their ids, and other values literals:
 * ``expr<boolean>`${fetch.output.rows} > ${100} && ${params.full}` ``.
 */
export function expr<T = unknown>(text: TemplateStringsArray, ...values: readonly unknown[]): Ref<T> {
  const parts = text.raw.map((part, index) => part + (index < values.length ? literal(values[index]) : ''));
  const expression = parts.join('').trim();
  return reference(expression, `(${expression})`) as Ref<T>;
}

function literal(value: unknown): string {
  if (isReference(value)) return expressionIn(value).operand;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    if ('id' in value && typeof value.id === 'string') return JSON.stringify(value.id);
    const entries = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${literal(item)}`);
    return `{${entries.join(', ')}}`;
  }
  return JSON.stringify(value ?? null);
}

/** Ids of the tasks that the templates in a value read, and a condition. Templates with mistakes are left to the checks. */
export function tasksRead(value: Json, condition?: unknown): string[] {
  const references = [
    ...attempt(() => parseTemplate(value).expressions.flatMap(({ expression }) => expression.references)),
    ...(typeof condition === 'string'
      ? attempt(() => parseExpression(unwrapCondition(condition)).references)
      : []),
  ];
  return [
    ...new Set(
      references.flatMap(([variable, id]) => (variable === 'tasks' && id !== undefined ? [id] : [])),
    ),
  ];
}

function attempt<T>(action: () => readonly T[]): readonly T[] {
  try {
    return action();
  } catch {
    return [];
  }
}
