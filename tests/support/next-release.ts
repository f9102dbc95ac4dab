import { sleep, workflowInfo } from '@temporalio/workflow';
import today from '../../workflows/versioned.js';

/**
 * Workflow code of a release to come, for tests: its DAG runs sleep before they do what they do today, and say so in
 * their result. Histories of runs that today's code wrote do not replay on it, nor the other way round.
 */
export default async function nextRelease(...args: Parameters<typeof today>): Promise<unknown> {
  const isDagRun = !workflowInfo().workflowType.includes('/');
  if (!isDagRun) return today(...args);
  await sleep(1);
  return { ...Object(await today(...args)), release: 'next' };
}
// Whatever today's code says of its versioning.
Object.assign(nextRelease, today);
