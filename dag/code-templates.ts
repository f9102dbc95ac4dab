import type { z } from 'zod';
import type { Draft, DraftTask } from './draft.js';
import { isPlainObject, type Json } from './json.js';
import { enclosingGroups } from './lower-groups.js';
import type { Path, Problem } from './problem.js';
import { type CodeKind, codes, harmless, type QuotingName } from './quoting/codes.js';
import { type CodeTemplate, quoteTemplates } from './quoting/quote-templates.js';
import type { Reference } from './references.js';
import { codeTexts } from './schema/code.js';
import { containsTemplate, hasTemplate } from './template.js';

/** A text that is executed; by what is not always known. */
type CodeText = { text: string; kind: CodeKind | 'unknown'; path: Path };

/** Texts to put in place of others. */
export type Edit = { path: Path; text: string };

/**
 * Templates that put what people or data say into code: SQL, shell commands, Python. Their values are quoted there, and there
 * are warnings of them. Values that can't be more than a value, such as numbers and dates, are passed over.
 */
export function codeTemplates(
  draft: Draft,
  operators: ReadonlyMap<string, z.ZodType> = new Map(),
): { warnings: Problem[]; edits: Edit[] } {
  const ofTasks = draft.tasks.flatMap((task) => {
    const schema = operators.get(task.operator ?? '');
    const path = ['tasks', task.index, 'with'];
    const texts = schema === undefined ? [] : codeIn(schema, task.with, path);
    return distinct([...texts, ...commandsIn(task.with, path)]).map((each) =>
      examine(each, (reference) => isSafe(reference, draft, task)),
    );
  });
  const ofCallbacks = draft.callbacks.flatMap(({ path, value }) =>
    commandsIn(value, path).map((each) => examine(each, (reference) => isSafe(reference, draft))),
  );
  const all = [...ofTasks, ...ofCallbacks];
  return { warnings: all.flatMap(({ warnings }) => warnings), edits: all.flatMap(({ edits }) => edits) };
}

function distinct(texts: CodeText[]): CodeText[] {
  return [...new Map(texts.map((each) => [JSON.stringify(each.path), each])).values()];
}

function examine(
  { text, kind, path }: CodeText,
  isSafe: (reference: Reference) => boolean,
): { warnings: Problem[]; edits: Edit[] } {
  if (!hasTemplate(text)) return { warnings: [], edits: [] };
  const quoted = quoteTemplates(text, kind, isSafe);
  const code = codes[kind === 'unknown' ? 'shell' : kind];
  const consequences = new Set(quoted.templates.map(({ by }) => consequenceOf(by)));
  const warnings = [...consequences].map((consequence): Problem => {
    const names = namesOf(quoted.templates.filter(({ by }) => consequenceOf(by) === consequence));
    const become = names.length > 1 ? 'become' : 'becomes';
    const message = `${names.join(', ')} ${become} a part of ${code.name}${consequence}`;
    return { path, on: 'value', message, hint: code.instead };
  });
  return { warnings, edits: quoted.text === text ? [] : [{ path, text: quoted.text }] };
}

function namesOf(templates: readonly CodeTemplate[]): string[] {
  const references = templates.flatMap(({ references }) => references);
  return [...new Set(references.map((reference) => reference.slice(0, 3).join('.')))];
}

/** What comes of a value by the way it is put into code. */
function consequenceOf(by: QuotingName | 'raw'): string {
  if (by === 'raw') return ', so that a value can change what is executed';
  if (by in harmless) {
    return `, where a text may ${harmless[by as keyof typeof harmless].words}: any other fails the task`;
  }
  return ' as a quoted value';
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
    ['enum', 'const', 'format'].some((keyword) => schema[keyword] !== undefined) ||
    (typeof schema.pattern === 'string' && saysAll(schema.pattern))
  );
}

/** Whether a pattern lists what all of a text may be: `^https?://` says nothing of its end, and `.` is any character. */
const saysAll = (pattern: string): boolean =>
  /^\^[^|]*\$$/.test(pattern) && !/\\[SWD$]|\[\^|\./.test(pattern.replaceAll('\\.', ''));

/** The texts in a value that its schema says are executed. */
function codeIn(schema: z.core.$ZodType, value: Json | undefined, path: Path): CodeText[] {
  if (value === undefined || !containsTemplate(value)) return [];
  const code = codeTexts.get(schema as z.ZodType);
  if (code !== undefined && typeof value === 'string') return [{ text: value, kind: code.kind, path }];
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
      ? inner.flatMap((text, index) => {
          if (typeof text !== 'string') return [];
          const kind = kindOfArgument(inner.slice(0, index));
          return kind === undefined ? [] : [{ text, kind, path: [...path, key, index] }];
        })
      : commandsIn(inner as Json, [...path, key]),
  );
}

const shellName = /(?:^|\/)(?:ba|da|z|k|mk|a)?sh$/;
const pythonName = /(?:^|\/)python[\d.]*$/;

/** What an argument is to the program, by those before it; undefined for a value. Others than these have options of that name too. */
function kindOfArgument(before: readonly unknown[]): CodeText['kind'] | undefined {
  const option = before.at(-1);
  if (typeof option !== 'string') return undefined;
  const programs = before.filter((word) => typeof word === 'string');
  if (/^-[A-Za-z]*c$/.test(option)) {
    if (programs.some((word) => shellName.test(word) || hasTemplate(word))) return 'shell';
    if (programs.some((word) => pythonName.test(word))) return 'python';
  }
  return option === '-c' ? 'unknown' : undefined;
}
