import { isPlainObject, type Json, type JsonObject, show } from './json.js';
import { didYouMean } from './nearest.js';

/**
 * The Updates that a held run takes, as the Temporal UI and the command line name them. Each takes one JSON argument, or
 * none: the key of a task instance (`train`, `train[3]`), the id of a mapped task, a list of these, or an object as typed
 * below. Without tasks it is about all that have failed.
 */
export const runUpdates = {
  retryTask: 'retryTask',
  skipTask: 'skipTask',
  markSuccess: 'markSuccess',
  clearTasks: 'clearTasks',
  failRun: 'failRun',
} as const;

export type RunUpdateName = keyof typeof runUpdates;

type Tasks = { tasks?: string | string[] };

/** What the Updates take. */
export type RunUpdateArguments = {
  /**
   * Retries resume: steps and Spark operations of the failed try are taken up, unless its failure is one that no retry
   * mends (a broken threshold, wrong params or data). `params` are params of the run: these, and `startOver`, start over.
   */
  retryTask: string | string[] | (Tasks & { params?: JsonObject; startOver?: boolean });
  skipTask: string | string[] | Tasks;
  /** `output` is what `tasks.<id>.output` gives then; null by default. */
  markSuccess: string | string[] | (Tasks & { output?: Json });
  /** Any tasks that have ended start over, and by default what is downstream of them. */
  clearTasks:
    | string
    | string[]
    | (Tasks & { downstream?: boolean; upstream?: boolean; onlyFailed?: boolean; params?: JsonObject });
  failRun: string | { reason?: string };
};

/** What all of them answer: the keys of the task instances that they were about. */
export type RunUpdateAnswer = { tasks: string[] };

/** What the UI shows beside each. */
export const runUpdateDescriptions: Record<RunUpdateName, string> = {
  retryTask:
    'Runs failed tasks of a held run again, and what follows from them. "train", ["train", "ingest"], {"tasks": "train", "params": {…}}, or nothing for all that failed',
  skipTask:
    'Marks failed tasks of a held run as skipped and goes on. "train", ["train"], or nothing for all that failed',
  markSuccess:
    'Marks failed tasks of a held run as succeeded and goes on. "train", {"tasks": "train", "output": {…}}, or nothing for all that failed',
  clearTasks:
    'Starts ended tasks of a held run over, and what is downstream of them. "ingest", or {"tasks": "ingest", "downstream": false}',
  failRun: 'Ends a held run as failed. {"reason": "…"}, or nothing',
};

/** An argument in its long form. */
export type ReadArgument = {
  /** Undefined for all that have failed. */
  tasks?: string[];
  params?: JsonObject;
  startOver?: boolean;
  output?: Json;
  downstream?: boolean;
  upstream?: boolean;
  onlyFailed?: boolean;
  reason?: string;
};

const keys: Record<RunUpdateName, (keyof ReadArgument)[]> = {
  retryTask: ['tasks', 'params', 'startOver'],
  skipTask: ['tasks'],
  markSuccess: ['tasks', 'output'],
  clearTasks: ['tasks', 'downstream', 'upstream', 'onlyFailed', 'params'],
  failRun: ['reason'],
};

/** Reads an Update's argument. @throws Error that says what is wrong with it, in a line */
export function readArgument(name: RunUpdateName, argument: unknown): ReadArgument {
  if (argument === undefined || argument === null) return {};
  if (name === 'failRun' && typeof argument === 'string') return { reason: argument };
  if (name !== 'failRun' && (typeof argument === 'string' || Array.isArray(argument)))
    return { tasks: taskList(name, argument) };
  const known = keys[name];
  if (!isPlainObject(argument)) {
    const forms = name === 'failRun' ? 'a text' : 'a task, a list of tasks';
    throw new Error(`${name} takes ${forms} or an object with ${known.join(', ')}, got ${show(argument)}`);
  }
  for (const key of Object.keys(argument)) {
    if ((known as string[]).includes(key)) continue;
    throw new Error(
      `${name} takes no ${show(key)} (${didYouMean(key, known) ?? `it takes: ${known.join(', ')}`})`,
    );
  }
  const { tasks, ...others } = argument;
  for (const [key, value] of Object.entries(others)) {
    const wrong = wrongType(key, value);
    if (wrong !== undefined) throw new Error(`${name}: ${key}: expected ${wrong}, got ${show(value)}`);
  }
  return { ...others, ...(tasks === undefined || tasks === null ? {} : { tasks: taskList(name, tasks) }) };
}

function wrongType(key: string, value: unknown): string | undefined {
  if (key === 'params') return isPlainObject(value) ? undefined : 'an object of params';
  if (key === 'reason') return typeof value === 'string' ? undefined : 'a text';
  if (key === 'output') return undefined;
  return typeof value === 'boolean' ? undefined : 'true or false';
}

function taskList(name: RunUpdateName, value: unknown): string[] {
  const list = Array.isArray(value) ? value : [value];
  const wrong = list.find((task) => typeof task !== 'string' || task === '');
  if (list.length === 0 || wrong !== undefined)
    throw new Error(`${name}: tasks: expected a task such as "train" or a list of these, got ${show(value)}`);
  return [...new Set(list as string[])];
}
