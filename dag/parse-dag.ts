import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { z } from 'zod';
import { codeTemplates, type Edit } from './code-templates.js';
import { compactDag } from './compact.js';
import { type DagDocument, normalizeDag } from './document.js';
import { readDraft } from './draft.js';
import { graphProblems } from './graph-problems.js';
import { canonicalJson, isPlainObject, type Json, type JsonObject } from './json.js';
import { operatorProblems } from './operator-problems.js';
import { paramProblems } from './params.js';
import { jsonBytes } from './payload.js';
import { type Problem, validate } from './problem.js';
import { dagSchema } from './schema/dag.js';
import { bySourcePosition, type Source, type SourceError, YamlSource } from './source.js';
import { taskProblems } from './task-problems.js';
import { templateProblems } from './template-problems.js';

export interface CheckOptions {
  /**
   * The operators that workers have, with the schemas of their params. Without it `operator` and `with` are checked of
   * control operators only.
   */
  operators?: ReadonlyMap<string, z.ZodType>;
  /** The pipeline settings. When given, what templates read of `config` must exist. */
  config?: JsonObject;
}

export interface ParseDagOptions extends CheckOptions {
  /** Named in errors. */
  file: string;
}

export type ParsedDag =
  | {
      ok: true;
      dag: DagDocument;
      /** SHA-256 of the document's canonical JSON, in hexadecimal: the same for documents that mean the same. */
      hash: string;
      /** What is allowed and yet likely a mistake, from top to bottom. */
      warnings: SourceError[];
    }
  | {
      ok: false;
      /** From top to bottom; at least one. */
      errors: SourceError[];
    };

/** Reads a DAG document of one YAML file. */
export function parseDag(text: string, { file, ...options }: ParseDagOptions): ParsedDag {
  return checkDag(new YamlSource(text, file), options);
}

/**
 * Checks a DAG document, however it was written. All mistakes are reported together: YAML, keys and types, the graph, operators and their
 * params, templates and what they refer to.
 */
export function checkDag(source: Source, { operators, config }: CheckOptions): ParsedDag {
  if (source.errors.length > 0) return { ok: false, errors: [...source.errors] };
  if (!isPlainObject(source.value)) {
    const message = 'expected a DAG document: a map with dagId and tasks';
    return { ok: false, errors: [source.locate({ path: [], on: 'value', message })] };
  }

  const result = validate(dagSchema, source.value);
  const draft = readDraft(source.value);
  const schemaProblems = result.ok ? [] : result.problems;
  const wrongParams = new Set(schemaProblems.flatMap(({ path }) => (path[0] === 'params' ? [path[1]] : [])));
  const problems: Problem[] = [
    ...schemaProblems,
    ...includeProblems(source.value),
    ...graphProblems(draft),
    ...taskProblems(draft),
    ...operatorProblems(draft.tasks, operators),
    ...paramProblems(draft.params).filter(({ path }) => !wrongParams.has(path[1])),
    ...templateProblems(draft, config),
  ];
  if (!result.ok || problems.length > 0) {
    return { ok: false, errors: problems.map((problem) => source.locate(problem)).sort(bySourcePosition) };
  }
  const { warnings, edits } = codeTemplates(draft, operators);
  // Where templates put values into code, what runs take up is not quite what was written.
  const value = edits.length === 0 ? source.value : edited(source.value as Json, edits);
  const quoted = edits.length === 0 ? result : validate(dagSchema, value);
  const tooMuch = edits.length === 0 ? [] : templateProblems(readDraft(value as JsonObject), config);
  if (!quoted.ok || tooMuch.length > 0) {
    const problems = quoted.ok ? tooMuch : quoted.problems;
    return { ok: false, errors: problems.map((problem) => source.locate(problem)).sort(bySourcePosition) };
  }
  const dag = normalizeDag(quoted.value);
  const canonical = utf8ToBytes(canonicalJson(dag));
  // What travels is shorter, but takes its time to be found out.
  if (canonical.length > maxDocumentBytes) {
    const bytes = jsonBytes(compactDag(dag));
    if (bytes > maxDocumentBytes) return { ok: false, errors: [source.locate(tooLarge(dag, bytes))] };
  }
  const located = warnings.map((warning) => source.locate(warning)).sort(bySourcePosition);
  return { ok: true, dag, hash: bytesToHex(sha256(canonical)), warnings: located };
}

/**
 * Of a document as it travels. A run's history takes it up as one payload, together with the run's params and settings, and
 * Temporal takes payloads of at most 2 MiB.
 */
const maxDocumentBytes = 1.75 * 1024 ** 2;

const kib = (bytes: number): string => `${Math.ceil(bytes / 1024)} KiB`;

function tooLarge({ dagId, tasks }: DagDocument, bytes: number): Problem {
  return {
    path: ['tasks'],
    on: 'key',
    message: `DAG "${dagId}" is too large: ${tasks.length} tasks take ${kib(bytes)} as JSON, at most ${kib(maxDocumentBytes)} fit into a run`,
    hint: 'let one task map over a list with expand, or trigger further DAGs with trigger-dag',
  };
}

/** The value with other texts at some paths. */
function edited(value: Json, edits: readonly Edit[], depth = 0): Json {
  const [first] = edits;
  if (first === undefined || typeof value !== 'object' || value === null) return first?.text ?? value;
  const byKey = new Map<string | number | undefined, Edit[]>();
  for (const edit of edits) {
    const key = edit.path[depth];
    const same = byKey.get(key);
    if (same === undefined) byKey.set(key, [edit]);
    else same.push(edit);
  }
  const inner = (key: string | number, old: Json): Json => {
    const own = byKey.get(key);
    return own === undefined ? old : edited(old, own, depth + 1);
  };
  return Array.isArray(value)
    ? value.map((old, index) => inner(index, old))
    : Object.fromEntries(Object.entries(value).map(([key, old]) => [key, inner(key, old)]));
}

/** Whoever reads files takes up `include`; here there is nothing to take up. */
function includeProblems(document: Record<string, unknown>): Problem[] {
  if (document.include === undefined) return [];
  return [{ path: ['include'], on: 'key', message: 'files are included by DAG files in YAML only' }];
}
