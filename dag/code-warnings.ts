import type { z } from 'zod';
import type { Draft, DraftTask } from './draft.js';
import { ExpressionError } from './expression.js';
import { isPlainObject, type Json } from './json.js';
import { enclosingGroups } from './lower-groups.js';
import type { Path, Problem } from './problem.js';
import type { Reference } from './references.js';
import { type Code, codes, codeTexts } from './schema/code.js';
import { containsTemplate, hasTemplate, parseTemplate } from './template.js';

/** A text that is executed. */
type CodeText = { text: string; code: Code; path: Path };

/**
 * Templates that put what people or data say into code: SQL, shell commands, Python. Their values could change what is
 * executed. Values that can't, such as numbers and dates, are passed over.
 */
export function codeWarnings(draft: Draft, operators: ReadonlyMap<string, z.ZodType> = new Map()): Problem[] {
  const ofTasks = draft.tasks.flatMap((task) => {
    const schema = operators.get(task.operator ?? '');
    const isOwn = (reference: Reference): boolean => isSafe(reference, draft, task);
    const texts = schema === undefined ? [] : codeIn(schema, task.with, ['tasks', task.index, 'with']);
    return [...texts, ...commandsIn(task.with, ['tasks', task.index, 'with'])].flatMap((each) =>
      warningsOf(each, isOwn),
    );
  });
  const ofCallbacks = draft.callbacks.flatMap(({ path, value }) =>
    commandsIn(value, path).flatMap((each) => warningsOf(each, (reference) => isSafe(reference, draft))),
  );
  return [...ofTasks, ...ofCallbacks];
}

function warningsOf({ text, code, path }: CodeText, isSafe: (reference: Reference) => boolean): Problem[] {
  if (!hasTemplate(text)) return [];
  const unsafe = referencesOf(text).filter((reference) => !isSafe(reference));
  const names = [...new Set(unsafe.map((reference) => reference.slice(0, 3).join('.')))];
  if (names.length === 0) return [];
  const message = `${names.join(', ')} ${names.length > 1 ? 'become' : 'becomes'} a part of ${code.name}, so that a value can change what is executed`;
  return [{ path, on: 'value', message, hint: code.instead }];
}

function referencesOf(text: string): Reference[] {
  try {
    return parseTemplate(text).expressions.flatMap(({ expression }) => [...expression.references]);
  } catch (error) {
    // Told as a problem.
    if (error instanceof ExpressionError) return [];
    throw error;
  }
}

/** Whether what is read can't be text of somebody's choice. */
function isSafe([variable, first, second]: Reference, draft: Draft, task?: DraftTask): boolean {
  switch (variable) {
    case 'params':
      return first !== undefined && isRestricted(draft.params[first]);
    case 'run':
      return first !== undefined && first !== 'id' && first !== 'datasetEvents';
    case 'tasks':
      return second === 'state';
    case 'item': {
      const group = enclosingGroups(task?.group, draft.groups).find((id) => draft.groups[id]?.expand);
      const lists = task?.expand ?? draft.groups[group ?? '']?.expand ?? {};
      return !containsTemplate(first === undefined ? lists : lists[first]);
    }
    case 'event':
      return first !== undefined && first !== 'reason' && first !== 'runId' && first !== 'workflowId';
    default:
      // The index, the DAG's own fields, and settings.
      return true;
  }
}

const harmlessTypes = ['integer', 'number', 'boolean', 'null'];

/** Whether the DAG says what the param may be. */
function isRestricted(schema: unknown): boolean {
  if (!isPlainObject(schema)) return false;
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  return (
    types.every((type) => harmlessTypes.includes(type)) ||
    ['enum', 'const', 'pattern', 'format'].some((keyword) => schema[keyword] !== undefined)
  );
}

/** The texts in a value that its schema says are executed. */
function codeIn(schema: z.core.$ZodType, value: Json | undefined, path: Path): CodeText[] {
  if (value === undefined || !containsTemplate(value)) return [];
  const code = codeTexts.get(schema as z.ZodType);
  if (code !== undefined && typeof value === 'string') return [{ text: value, code, path }];
  const { def } = (schema as z.core.$ZodTypes)._zod;
  switch (def.type) {
    case 'object':
      return isPlainObject(value)
        ? Object.entries(def.shape).flatMap(([key, inner]) =>
            codeIn(inner, value[key] as Json | undefined, [...path, key]),
          )
        : [];
    case 'record':
      return isPlainObject(value)
        ? Object.entries(value).flatMap(([key, inner]) =>
            codeIn(def.valueType, inner as Json, [...path, key]),
          )
        : [];
    case 'array':
      return Array.isArray(value)
        ? value.flatMap((inner, index) => codeIn(def.element, inner, [...path, index]))
        : [];
    case 'union':
      return def.options.flatMap((option) => codeIn(option, value, path));
    case 'pipe':
      return [def.in, def.out].flatMap((part) => codeIn(part, value, path));
    case 'optional':
    case 'nullable':
    case 'default':
    case 'prefault':
      return codeIn(def.innerType, value, path);
    default:
      return [];
  }
}

/** Of commands that are lists: what a shell or an interpreter is given as code, by `-c`. */
function commandsIn(value: Json | undefined, path: Path): CodeText[] {
  if (Array.isArray(value)) return value.flatMap((inner, index) => commandsIn(inner, [...path, index]));
  if (!isPlainObject(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'command' && Array.isArray(inner)
      ? inner.flatMap((text, index) =>
          typeof text === 'string' && inner[index - 1] === '-c'
            ? [{ text, code: codes.shell, path: [...path, key, index] }]
            : [],
        )
      : commandsIn(inner as Json, [...path, key]),
  );
}
