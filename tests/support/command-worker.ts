import { afterAll } from 'vitest';
import type { Operator } from '../../activities/operator.js';
import { nightjarOf } from './nightjar-command.js';
import { TestWorker } from './test-worker.js';

/** A worker for all tests of a file, and the command with its settings. Called at the top of the file. */
export async function commandWorker(operators: readonly Operator[]) {
  const worker = await TestWorker.start(operators);
  afterAll(() => worker.stop());
  return { worker, command: nightjarOf(worker) };
}
