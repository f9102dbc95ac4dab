import { z } from 'zod';
import { show } from '../dag/json.js';
import { formatPath, type Path, type Problem, validate } from '../dag/problem.js';
import { triggerRules } from '../dag/trigger-rules.js';

const behaviour = z.enum(['success', 'fail', 'skip']);
const state = z.enum(['success', 'failed', 'skipped', 'upstream_failed']);
const count = z.int().min(0);

const task = z
  .strictObject({
    id: z.string().min(1),
    /** All direct upstream tasks, `setups` and `expandFrom` among them. */
    upstream: z.array(z.string()).default([]),
    triggerRule: z.enum(triggerRules).default('all_success'),
    /** What the body comes to when it runs. */
    behaviour: behaviour.default('success'),
    /** Attempts after the first, without delay. */
    retries: count.default(0),
    /** So many attempts fail before `behaviour` applies. */
    failTimes: count.default(0),
    /** Ids that the task chooses when its body succeeds. */
    branch: z.array(z.string()).optional(),
    /** The condition of a short-circuit. */
    shortCircuit: z.boolean().optional(),
    /** Of a short-circuit: whether all its descendants are skipped, or its direct downstream tasks only. */
    ignoreDownstreamTriggerRules: z.boolean().default(true),
    setup: z.boolean().default(false),
    teardown: z.boolean().default(false),
    setups: z.array(z.string()).default([]),
    onFailureFailDagrun: z.boolean().default(false),
    /** Mapped over a literal list: its length, or the behaviour of each instance. */
    expand: z
      .union([count, z.array(behaviour)], { error: 'expected a number or a list of behaviours' })
      .optional(),
    /** Mapped over the output of this task. */
    expandFrom: z.string().optional(),
    /** By map index, for `expandFrom`. */
    behaviours: z.array(behaviour).default([]),
    /** Length of the list that the task returns. */
    outputLength: count.default(0),
  })
  .refine(({ branch, shortCircuit }) => branch === undefined || shortCircuit === undefined, {
    path: ['shortCircuit'],
    error: 'a task is a branch or a short-circuit, not both',
  })
  .refine(({ expand, expandFrom }) => expand === undefined || expandFrom === undefined, {
    path: ['expandFrom'],
    error: 'a task is mapped over a literal list or over an output, not both',
  });

const caseSchema = z.object({
  name: z.string().min(1),
  category: z.string().default(''),
  /** In a topological order. */
  tasks: z.array(task).min(1),
  /** By task id; a list has the states of a mapped task's instances, a task that was never expanded has one state. */
  expected: z.record(
    z.string(),
    z.union([state, z.array(state)], {
      error: (issue) => `expected a state or a list of states, got ${show(issue.input)}`,
    }),
  ),
  runState: z.enum(['success', 'failed']),
});

export type Behaviour = z.output<typeof behaviour>;
export type CaseTask = z.output<typeof task>;
/** A task graph, what its tasks do when they run, and the states that they and the run are to end in. */
export type Case = z.output<typeof caseSchema>;
/** Final states by task id. */
export type States = Case['expected'];

/** A file of cases that can't be used. The message has one line for each problem, with file, case and field. */
export class CaseFileError extends Error {
  override readonly name = 'CaseFileError';
}

/**
 * Reads a JSON array of cases.
 * @param file named in errors
 * @throws CaseFileError
 */
export function parseCases(text: string, file: string): Case[] {
  const value = parseJson(text, file);
  if (!Array.isArray(value))
    throw new CaseFileError(`${file}: expected a JSON array of cases, got ${show(value)}`);
  const seen = new Set<string>();
  const results = value.map((each: unknown, index) => {
    const { name } = (each ?? {}) as { name?: unknown };
    const where = `${file}: case ${typeof name === 'string' ? `"${name}"` : `[${index}]`}`;
    const result = validate(caseSchema, each);
    const problems = result.ok ? graphProblems(result.value) : result.problems;
    if (typeof name === 'string' && seen.has(name))
      problems.push(problem(['name'], 'another case has this name'));
    seen.add(String(name));
    return { result, problems: problems.map((found) => `${where}: ${describe(found)}`) };
  });
  const problems = results.flatMap((each) => each.problems);
  if (problems.length > 0) throw new CaseFileError(problems.join('\n'));
  return results.flatMap(({ result }) => (result.ok ? [result.value] : []));
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CaseFileError(`${file}: not JSON: ${error instanceof Error ? error.message : error}`);
  }
}

/** Ids that name no task, and tasks whose expected states are missing. */
function graphProblems({ tasks, expected }: Case): Problem[] {
  const problems: Problem[] = [];
  const all = new Set(tasks.map(({ id }) => id));
  const before = new Set<string>();
  for (const [index, each] of tasks.entries()) {
    const at = (...field: Path) => ['tasks', index, ...field];
    if (before.has(each.id)) problems.push(problem(at('id'), `another task has the id '${each.id}'`));
    for (const [position, id] of each.upstream.entries()) {
      if (!before.has(id))
        problems.push(problem(at('upstream', position), `no task before it has the id '${id}'`));
    }
    const upstream = new Set(each.upstream);
    for (const [position, id] of each.setups.entries()) {
      if (!upstream.has(id)) problems.push(problem(at('setups', position), `'${id}' is not in upstream`));
    }
    if (each.expandFrom !== undefined && !upstream.has(each.expandFrom)) {
      problems.push(problem(at('expandFrom'), `'${each.expandFrom}' is not in upstream`));
    }
    for (const [position, id] of (each.branch ?? []).entries()) {
      if (!all.has(id)) problems.push(problem(at('branch', position), `there is no task '${id}'`));
    }
    if (expected[each.id] === undefined)
      problems.push(problem(['expected', each.id], 'missing: expected a state'));
    before.add(each.id);
  }
  for (const id of Object.keys(expected)) {
    if (!all.has(id)) problems.push(problem(['expected', id], `there is no task '${id}'`));
  }
  return problems;
}

function problem(path: Path, message: string): Problem {
  return { path, on: 'value', message };
}

function describe({ path, message, hint }: Problem): string {
  const text = path.length === 0 ? message : `${formatPath(path)}: ${message}`;
  return hint === undefined ? text : `${text} (${hint})`;
}
