import { z } from 'zod';
import { parseDuration } from '../../dag/duration.js';
import { id, instant } from '../../dag/schema/primitives.js';
import { defineSensor, OperatorError } from '../operator.js';
import { findRun } from '../run/find-run.js';

/** Milliseconds, possibly negative. */
const offset = z
  .string()
  .refine((text) => parseDuration(text.replace(/^-/, '')) !== undefined, {
    error: 'expected a duration such as 1h, or -1h',
  })
  .transform((text) => (parseDuration(text.replace(/^-/, '')) ?? 0) * (text.startsWith('-') ? -1 : 1));

const runStates = ['queued', 'running', 'success', 'failed', 'cancelled'] as const;
const taskStates = ['success', 'failed', 'upstreamFailed', 'skipped'] as const;
const states = z.array(z.enum([...new Set([...runStates, ...taskStates])]));

const params = z
  .strictObject({
    dagId: id.describe('The other DAG'),
    taskId: id.optional().describe('A task of it; the whole run when left out'),
    logicalDate: instant.optional().describe("The other run's logical date; default: that of this run"),
    offset: offset.optional().describe('How much earlier than that of this run the other logical date is'),
    allowedStates: states.min(1).default(['success']).describe('States that are waited for'),
    failedStates: states
      .default(['failed', 'upstreamFailed', 'cancelled'])
      .describe('States after which waiting has no point'),
  })
  .refine(({ logicalDate, offset }) => logicalDate === undefined || offset === undefined, {
    error: 'expected either logicalDate or offset, not both',
  });

/** Waits for another DAG. */
export const taskSensor = defineSensor({
  name: 'task-sensor',
  description: "Waits for another DAG's run, or a task of it, at the same logical date or another",
  params,
  async poke(context, { dagId, taskId, logicalDate, offset = 0, allowedStates, failedStates }) {
    const date = new Date(logicalDate ?? context.logicalDate.getTime() - offset);
    const run = await findRun(dagId, date, { client: context.temporal(), dataRoot: context.storage.root });
    if (run === undefined)
      return { done: false, message: `no run of DAG "${dagId}" at ${date.toISOString()} so far` };
    const what = `${taskId === undefined ? 'run' : `task "${taskId}" of run`} ${run.workflowId}`;
    const found = taskId === undefined ? [run.state] : statesOf(taskId, await run.tasks());
    if (found === undefined) return { done: false, message: `no worker can tell the state of ${what}` };
    const failed = found.find((state) => (failedStates as string[]).includes(state));
    if (failed !== undefined) throw new OperatorError('WaitHopeless', `${what} is ${failed}`);
    const isDone = found.length > 0 && found.every((state) => (allowedStates as string[]).includes(state));
    if (isDone)
      return { done: true, output: { workflowId: run.workflowId, runId: run.runId, state: run.state } };
    return { done: false, message: `${what} is ${[...new Set(found)].join(', ') || 'not there yet'}` };
  },
});

/** Of the task, or of all instances of a mapped one. */
function statesOf(
  taskId: string,
  tasks: readonly { key: string; state: string }[] | undefined,
): string[] | undefined {
  return tasks?.filter(({ key }) => key === taskId || key.startsWith(`${taskId}[`)).map(({ state }) => state);
}
