import type { Client } from '@temporalio/client';
import type { Config } from '../config/loader.js';
import { exitCodes } from './exit.js';
import { findNamedRun } from './find-run.js';
import { type JsonOption, note, print } from './output.js';
import { ProgressView } from './progress-view.js';
import { detailsOf } from './run-details.js';
import { printOutcome } from './run-summary.js';
import { watchRun } from './watch-run.js';

type Watched = { workflowId: string; dagId: string; client: Client; config: Config };

/**
 * Shows a run until it ends, then how it ended: live on a terminal, else a line for each change. Ctrl-C leaves the run alone.
 * @returns the exit code that says how it ended
 */
export async function followRun(run: Watched, options: JsonOption): Promise<number> {
  const { client, config, workflowId } = run;
  process.once('SIGINT', () => {
    note(`\nthe run goes on: \`nightjar runs watch ${workflowId}\`, \`nightjar runs cancel ${workflowId}\``);
    process.exit(exitCodes.interrupted);
  });
  const progress = new ProgressView();
  let isHeld = false;
  const end = await watchRun(client, workflowId, (snapshot) => {
    progress.update(snapshot);
    const held = snapshot.view?.state === 'held';
    if (held && !isHeld) note(heldHint(workflowId));
    isHeld = held;
  });
  progress.done();
  if (options.json) {
    const sources = { client, config };
    print(options, await detailsOf(await findNamedRun(workflowId, sources), sources), String);
  } else await printOutcome(end, run);
  return end.ok ? exitCodes.ok : exitCodes.failed;
}

const heldHint = (workflowId: string): string =>
  `held until somebody decides: \`nightjar tasks retry|skip|mark-success ${workflowId}\`, or \`nightjar runs cancel ${workflowId}\``;
