import { readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { TaskInput } from '../../contract/task.js';
import { writeAtomically } from './files.js';
import { generationFolder, generationName, pathBelow, runFolder } from './layout.js';

/** What a task is given, as JSON: `params` and, if it reads them, `finishedTasks`. */
export type LargeInput = Pick<TaskInput, 'dag' | 'run' | 'task'> & { json: string };

/** What the workflow calls, as a local activity: what those are given doesn't go through the server, so it may be large. */
export type LargeInputActivities = { keepInput(input: LargeInput): Promise<string> };

/** Writes an input that the history doesn't take into the task's folder, and gives the file's path below the data root. */
export async function keepInput(
  { dag, run, task, json }: LargeInput,
  { dataRoot }: { dataRoot: string },
): Promise<string> {
  const { workflowExecution, activityId } = Context.current().info;
  const generation = generationName(workflowExecution?.runId ?? activityId, task.cleared ?? 0);
  const file = join(generationFolder(runFolder(dataRoot, dag.id, run.id), task, generation), 'input.json');
  await writeAtomically(file, json);
  return relative(dataRoot, file).split(sep).join('/');
}

/** The input with what its file holds. @throws ApplicationFailure InputLost when the file is gone */
export async function wholeInput(input: TaskInput, { dataRoot }: { dataRoot: string }): Promise<TaskInput> {
  const { inputFile, ...rest } = input;
  if (inputFile === undefined) return input;
  try {
    const file = await pathBelow(dataRoot, inputFile);
    if (file === undefined) throw new Error(`${inputFile} leads out of the data root`);
    return { ...rest, ...(JSON.parse(await readFile(file, 'utf8')) as Pick<TaskInput, 'params'>) };
  } catch (error) {
    throw ApplicationFailure.nonRetryable(
      `the input of task "${input.task.key}" can't be read: ${(error as Error).message}; clear the task to have it written again`,
      'InputLost',
    );
  }
}
