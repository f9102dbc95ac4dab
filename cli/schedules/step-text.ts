import { plural } from '../output.js';
import type { Step } from './plan.js';

/** What was or would be done, for people: a line, and one for each field that differs. */
export function stepText({ action, dagId, reason, resume, catchUp, differences }: Step): string {
  const told = [
    ...(reason === undefined ? [] : [reason]),
    ...(resume ? ['its DAG is back: no longer paused'] : []),
    ...(catchUp === undefined ? [] : [`${plural(catchUp.runs, 'run')} to catch up`]),
  ];
  const fields = differences.flatMap(({ field, from, to }) => {
    if (action !== 'create') return [`    ${field}: ${from ?? 'none'} → ${to ?? 'none'}`];
    return to === undefined ? [] : [`    ${field}: ${to}`];
  });
  const head = [action.padEnd(9), dagId].join(' ');
  return [told.length > 0 ? `${head}: ${told.join('; ')}` : head, ...fields].join('\n');
}

const participles: Record<Step['action'], string> = {
  create: 'created',
  update: 'updated',
  pause: 'paused',
  delete: 'deleted',
  unchanged: 'unchanged',
  keep: 'kept',
  refuse: 'refused',
};

/** How many schedules were created, updated and so on. */
export function summary(steps: readonly Step[], isDry: boolean): string {
  const counts = Object.entries(participles).flatMap(([action, participle]) => {
    const count = steps.filter((step) => step.action === action).length;
    return count > 0 ? [`${count} ${participle}`] : [];
  });
  const text = counts.length === 0 ? 'no DAG has a schedule by times' : counts.join(', ');
  return isDry ? `${text} (dry run: nothing was changed)` : text;
}
