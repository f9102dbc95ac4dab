import { isPlainObject, type Json } from './json.js';

/** A task as it was written, which may still be wrong anywhere; parts of the wrong type are left out. */
export interface DraftTask {
  /** Place in `tasks`. */
  index: number;
  id: string;
  operator: string | undefined;
  dependsOn: string[];
  /** Whether `dependsOn` is a list, or one id. */
  dependsOnList: boolean;
  with: Record<string, Json>;
  when: string | undefined;
  expand: Record<string, Json> | undefined;
  errorThreshold: Json;
  metricThresholds: Json;
}

/** The parts of a document that are looked at beyond its schema. */
export interface Draft {
  tasks: DraftTask[];
  params: Record<string, unknown>;
}

/** Takes what can be used from a document that may not fit the schema, so that one mistake doesn't hide others. */
export function readDraft(document: Record<string, unknown>): Draft {
  const tasks = Array.isArray(document.tasks) ? document.tasks : [];
  return {
    tasks: tasks.flatMap((task: unknown, index) => (isPlainObject(task) ? readTask(task, index) : [])),
    params: isPlainObject(document.params) ? document.params : {},
  };
}

function readTask(task: Record<string, unknown>, index: number): DraftTask[] {
  const { id, operator, dependsOn, when, expand } = task;
  if (typeof id !== 'string') return [];
  const upstream: unknown[] = Array.isArray(dependsOn) ? dependsOn : [dependsOn];
  return [
    {
      index,
      id,
      operator: typeof operator === 'string' ? operator : undefined,
      dependsOn: upstream.filter((each) => typeof each === 'string'),
      dependsOnList: Array.isArray(dependsOn),
      with: isPlainObject(task.with) ? (task.with as Record<string, Json>) : {},
      when: typeof when === 'string' ? when : undefined,
      expand: isPlainObject(expand) ? (expand as Record<string, Json>) : undefined,
      errorThreshold: (task.errorThreshold ?? null) as Json,
      metricThresholds: (task.metricThresholds ?? null) as Json,
    },
  ];
}
