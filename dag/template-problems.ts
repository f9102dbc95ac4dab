import type { CallbackEvent } from './callback-event.js';
import type { Draft, DraftTask } from './draft.js';
import { type Expression, ExpressionError, parseExpression } from './expression.js';
import type { TaskGraph } from './graph.js';
import { draftGraph } from './graph-problems.js';
import { GroupTree } from './group-tree.js';
import { isPlainObject, type Json, type JsonObject } from './json.js';
import { firstTasks, membersOf } from './lower-groups.js';
import { didYouMean, Names } from './nearest.js';
import type { Path, Problem } from './problem.js';
import type { Reference } from './references.js';
import { hasTemplate, parseTemplate } from './template.js';
import { unwrapCondition } from './when.js';

const runFields = ['id', 'logicalDate', 'dataIntervalStart', 'dataIntervalEnd', 'latest', 'datasetEvents'];
const dagFields = ['id', 'description', 'owner', 'tags'];
const taskFields = ['output', 'state', 'stats'];
const eventFields = [
  'kind',
  'dagId',
  'runId',
  'workflowId',
  'logicalDate',
  'task',
  'state',
  'tries',
  'reason',
  'at',
] satisfies (keyof CallbackEvent)[];

/** Names in a hint, the first ones of many. */
const mostListed = 50;

/** What the document offers to expressions. */
interface Surroundings {
  params: readonly string[];
  paramNames: Names;
  config: JsonObject | undefined;
  tasks: ReadonlyMap<string, DraftTask>;
  taskNames: Names;
  graph: TaskGraph;
  tree: GroupTree;
  /** The mapped group that a group is in or is itself. */
  mappedAround: ReadonlyMap<string, string | undefined>;
}

/** A complaint about a reference: what is wrong and perhaps how to mend it. */
type Complaint = { message: string; hint?: string | undefined };

/** Who reads: what is upstream of it, and the names that `item` has where it is known. */
interface Reader {
  id: string;
  isUpstream: (task: string) => boolean;
  /** Undefined where there is no item. */
  item: readonly string[] | undefined;
  /** Why there is none. */
  noItem: string;
}

/** Templates and conditions that can't be parsed, or that read what isn't there. */
export function templateProblems(draft: Draft, config: JsonObject | undefined): Problem[] {
  const { groups } = draft;
  const tasks = new Map(draft.tasks.map((task) => [task.id, task]));
  const tree = new GroupTree(groups);
  const surroundings: Surroundings = {
    params: Object.keys(draft.params),
    paramNames: new Names(Object.keys(draft.params)),
    config,
    tasks,
    taskNames: new Names(tasks.keys()),
    graph: draftGraph(draft.edges),
    tree,
    mappedAround: tree.inherit<string | undefined>(undefined, (id, around) =>
      groups[id]?.expand === undefined ? around : id,
    ),
  };
  const checkCallback = ({ references }: Expression) =>
    references.flatMap((reference) => callbackComplaints(reference, surroundings));
  return [
    ...draft.tasks.flatMap((task) => taskProblems(task, draft, surroundings)),
    ...groupProblems(draft, surroundings),
    ...draft.callbacks.flatMap(({ path, value }) => valueProblems(value, path, checkCallback)),
  ];
}

function taskProblems(task: DraftTask, { groups }: Draft, surroundings: Surroundings): Problem[] {
  const mapped = task.group === undefined ? undefined : surroundings.mappedAround.get(task.group);
  const ofGroup = mapped === undefined ? undefined : groups[mapped]?.expand;
  const reader = {
    id: task.id,
    isUpstream: (id: string) => surroundings.graph.isUpstream(id, task.id),
    item: ofGroup && Object.keys(ofGroup),
    noItem: task.expand ? 'is known only in with and in thresholds' : 'is known only in a task with expand',
  };
  const expand = task.expand ?? ofGroup;
  const check = (who: Reader) => (expression: Expression) =>
    expression.references.flatMap((reference) => complaints(reference, who, surroundings));
  const perTask = check(reader);
  const perInstance = check({ ...reader, item: expand && Object.keys(expand) });
  return [
    ...valueProblems(task.with, ['with'], perInstance),
    ...valueProblems(task.errorThreshold, ['errorThreshold'], perInstance),
    ...valueProblems(task.metricThresholds, ['metricThresholds'], perInstance),
    ...valueProblems(task.expand ?? null, ['expand'], perTask),
    ...(task.when === undefined ? [] : conditionProblems(task.when, perTask)),
  ].map((problem) => ({ ...problem, path: ['tasks', task.index, ...problem.path] }));
}

/** What a group is mapped over must be upstream of all its first tasks. */
function groupProblems({ tasks, groups, edges }: Draft, surroundings: Surroundings): Problem[] {
  const membersIn = membersOf(tasks, surroundings.tree);
  return Object.entries(groups).flatMap(([id, { expand }]) => {
    if (expand === undefined) return [];
    const first = firstTasks(membersIn(id), edges);
    const isUpstream = (each: string) =>
      first.length > 0 && first.every((task) => surroundings.graph.isUpstream(each, task));
    const reader = { id, isUpstream, item: undefined, noItem: 'is known only in the tasks of the group' };
    return valueProblems(expand, ['groups', id, 'expand'], (expression) =>
      expression.references.flatMap((reference) => complaints(reference, reader, surroundings)),
    );
  });
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

function complaints(reference: Reference, reader: Reader, surroundings: Surroundings): Complaint[] {
  const [variable, first] = reference;
  switch (variable) {
    case 'event':
      return [{ message: "'event' is known only in callbacks" }];
    case 'item':
    case 'index':
      if (reader.item === undefined) return [{ message: `'${variable}' ${reader.noItem}` }];
      return variable === 'item' ? unknownKey('item', first, reader.item) : [];
    case 'tasks':
      if (first !== undefined && surroundings.tasks.has(first) && !reader.isUpstream(first))
        return [notUpstream(first, reader.id, surroundings.graph)];
      return commonComplaints(reference, surroundings);
    default:
      return commonComplaints(reference, surroundings);
  }
}

/** Callbacks are called at any time, so they may look at any task. */
function callbackComplaints(reference: Reference, surroundings: Surroundings): Complaint[] {
  const [variable, first] = reference;
  if (variable === 'event') return unknownKey('event', first, eventFields);
  if (variable === 'item' || variable === 'index')
    return [{ message: `'${variable}' isn't known in callbacks`, hint: 'event.task holds the index' }];
  return commonComplaints(reference, surroundings);
}

/** About what is the same everywhere. */
function commonComplaints(
  reference: Reference,
  { params, paramNames, config, tasks, taskNames }: Surroundings,
): Complaint[] {
  const [variable, first, second] = reference;
  switch (variable) {
    case 'params':
      return unknownKey('params', first, params, 'the DAG declares no param', paramNames);
    case 'run':
      return unknownKey('run', first, runFields);
    case 'dag':
      return unknownKey('dag', first, dagFields);
    case 'config':
      return config === undefined ? [] : unknownSetting(reference.slice(1), config);
    default:
      if (first === undefined) return [];
      if (!tasks.has(first)) {
        return [{ message: `there is no task '${first}'`, hint: didYouMean(first, taskNames) }];
      }
      return unknownKey(`tasks["${first}"]`, second, taskFields);
  }
}

function notUpstream(id: string, taskId: string, graph: TaskGraph): Complaint {
  if (id === taskId || graph.isUpstream(taskId, id)) {
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
  names: Names | readonly string[] = known,
): Complaint[] {
  if (key === undefined || known.includes(key)) return [];
  if (known.length === 0 && none !== undefined) return [{ message: `${owner}.${key}: ${none}` }];
  return [{ message: `${owner} has no '${key}'`, hint: didYouMean(key, names) ?? knownKeys(known) }];
}

function knownKeys(known: readonly string[]): string {
  return `known: ${known.slice(0, mostListed).join(', ')}${known.length > mostListed ? ', …' : ''}`;
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
