import type { Draft, DraftTask } from './draft.js';
import { type Expression, ExpressionError, parseExpression } from './expression.js';
import type { TaskGraph } from './graph.js';
import { draftGraph } from './graph-problems.js';
import { isPlainObject, type Json, type JsonObject } from './json.js';
import { didYouMean } from './nearest.js';
import type { Path, Problem } from './problem.js';
import type { Reference } from './references.js';
import { hasTemplate, parseTemplate } from './template.js';
import { unwrapCondition } from './when.js';

const runFields = ['id', 'logicalDate', 'dataIntervalStart', 'dataIntervalEnd'];
const dagFields = ['id', 'description', 'owner', 'tags'];
const taskFields = ['output', 'state', 'stats'];

/** What the document offers to expressions. */
interface Surroundings {
  params: readonly string[];
  config: JsonObject | undefined;
  tasks: ReadonlyMap<string, DraftTask>;
  graph: TaskGraph;
}

/** A complaint about a reference: what is wrong and perhaps how to mend it. */
type Complaint = { message: string; hint?: string | undefined };

/** Templates and conditions that can't be parsed, or that read what isn't there. */
export function templateProblems(draft: Draft, config: JsonObject | undefined): Problem[] {
  const surroundings: Surroundings = {
    params: Object.keys(draft.params),
    config,
    tasks: new Map(draft.tasks.map((task) => [task.id, task])),
    graph: draftGraph(draft.tasks),
  };
  return draft.tasks.flatMap((task) => taskProblems(task, surroundings));
}

function taskProblems(task: DraftTask, surroundings: Surroundings): Problem[] {
  const upstream = surroundings.graph.ancestors(task.id);
  const check = (mapped: boolean) => (expression: Expression) =>
    expression.references.flatMap((reference) => complaints(reference, task, upstream, mapped, surroundings));
  const perTask = check(false);
  const perInstance = check(true);
  return [
    ...valueProblems(task.with, ['with'], perInstance),
    ...valueProblems(task.errorThreshold, ['errorThreshold'], perInstance),
    ...valueProblems(task.metricThresholds, ['metricThresholds'], perInstance),
    ...valueProblems(task.expand ?? null, ['expand'], perTask),
    ...(task.when === undefined ? [] : conditionProblems(task.when, perTask)),
  ].map((problem) => ({ ...problem, path: ['tasks', task.index, ...problem.path] }));
}

type Check = (expression: Expression) => Complaint[];

/** Problems of every string in a value, each at its place. */
function valueProblems(value: Json, path: Path, check: Check): Problem[] {
  if (typeof value === 'string') {
    if (!hasTemplate(value)) return [];
    return attempt(path, () =>
      parseTemplate(value).expressions.flatMap(({ expression }) => check(expression)),
    );
  }
  if (Array.isArray(value))
    return value.flatMap((item, index) => valueProblems(item, [...path, index], check));
  if (!isPlainObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => valueProblems(item, [...path, key], check));
}

function conditionProblems(when: string, check: Check): Problem[] {
  return attempt(['when'], () => check(parseExpression(unwrapCondition(when))));
}

function attempt(path: Path, action: () => Complaint[]): Problem[] {
  try {
    return action().map((complaint) => problem(path, complaint));
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return [problem(path, { message: error.summary, hint: error.hint })];
  }
}

function problem(path: Path, { message, hint }: Complaint): Problem {
  return { path, on: 'value', message, ...(hint !== undefined && { hint }) };
}

function complaints(
  reference: Reference,
  task: DraftTask,
  upstream: ReadonlySet<string>,
  mapped: boolean,
  { params, config, tasks, graph }: Surroundings,
): Complaint[] {
  const [variable, first, second] = reference;
  switch (variable) {
    case 'params':
      return unknownKey('params', first, params, 'the DAG declares no param');
    case 'run':
      return unknownKey('run', first, runFields);
    case 'dag':
      return unknownKey('dag', first, dagFields);
    case 'config':
      return config === undefined ? [] : unknownSetting(reference.slice(1), config);
    case 'item':
    case 'index':
      if (task.expand === undefined)
        return [{ message: `'${variable}' is known only in a task with expand` }];
      if (!mapped) return [{ message: `'${variable}' is known only in with and in thresholds` }];
      return variable === 'item' ? unknownKey('item', first, Object.keys(task.expand)) : [];
    default:
      if (first === undefined) return [];
      if (!tasks.has(first)) {
        return [{ message: `there is no task '${first}'`, hint: didYouMean(first, tasks.keys()) }];
      }
      if (!upstream.has(first)) return [notUpstream(first, task.id, graph)];
      return unknownKey(`tasks["${first}"]`, second, taskFields);
  }
}

function notUpstream(id: string, taskId: string, graph: TaskGraph): Complaint {
  if (id === taskId || graph.descendants(taskId).has(id)) {
    return { message: `'${id}' is not upstream of '${taskId}', so it can't be read here` };
  }
  return {
    message: `'${id}' is not upstream of '${taskId}', so it may not have finished`,
    hint: `add '${id}' to dependsOn`,
  };
}

function unknownKey(
  owner: string,
  key: string | undefined,
  known: readonly string[],
  none?: string,
): Complaint[] {
  if (key === undefined || known.includes(key)) return [];
  if (known.length === 0 && none !== undefined) return [{ message: `${owner}.${key}: ${none}` }];
  return [
    { message: `${owner} has no '${key}'`, hint: didYouMean(key, known) ?? `known: ${known.join(', ')}` },
  ];
}

function unknownSetting(keys: readonly string[], config: JsonObject): Complaint[] {
  let value: Json = config;
  let name = 'config';
  for (const key of keys) {
    if (!isPlainObject(value)) return [{ message: `${name} is a single value: it has no '${key}'` }];
    const complaint = unknownKey(name, key, Object.keys(value));
    if (complaint.length > 0) return complaint;
    value = value[key] as Json;
    name += `.${key}`;
  }
  return [];
}
