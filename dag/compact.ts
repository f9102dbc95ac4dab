import { type DagDocument, type TaskSpec, taskDefaults } from './document.js';
import type { Json } from './json.js';

/**
 * A document as it travels: what most tasks share is said once, and by the document itself, so that later defaults don't
 * change what has been frozen. A payload of Temporal takes two MiB, and each byte of it costs every run.
 */
export type CompactDag = Omit<DagDocument, 'tasks'> & {
  shared?: Partial<TaskSpec>;
  tasks: (Partial<TaskSpec> & Pick<TaskSpec, 'id' | 'operator'>)[];
};

const shared: Partial<TaskSpec> = { ...taskDefaults, with: {} };
const texts = new Map(Object.entries(shared).map(([key, value]) => [key, JSON.stringify(value)]));

export function compactDag({ tasks, ...dag }: DagDocument): CompactDag {
  const isOwn = ([key, value]: [string, Json]): boolean => texts.get(key) !== JSON.stringify(value);
  return {
    ...dag,
    shared,
    tasks: tasks.map((task) => Object.fromEntries(Object.entries(task).filter(isOwn)) as unknown as TaskSpec),
  };
}

export function completeDag({ shared: values, tasks, ...dag }: CompactDag): DagDocument {
  return { ...dag, tasks: tasks.map((task) => ({ ...values, ...task }) as TaskSpec) };
}
