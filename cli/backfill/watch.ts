import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, isGrpcServiceError } from '@temporalio/client';
import logUpdate from 'log-update';
import type { Config } from '../../config/loader.js';
import { findBackfill, type ShownBackfill, shownBackfill } from './find.js';
import { backfillText } from './render.js';

const pollIntervalMs = 1000;
const open = new Set(['running', 'paused']);

/** Watches a backfill to its end, redrawn in place on a terminal; lives through restarts of server and worker. */
export async function watchBackfill(client: Client, dagId: string, config: Config): Promise<ShownBackfill> {
  const isTerminal = process.stderr.isTTY === true;
  let last: ShownBackfill | undefined;
  for (;;) {
    const found = await look(client, dagId, config);
    last = found ?? last;
    if (isTerminal && last !== undefined) {
      const waiting = found === undefined ? ['  waiting for the Temporal server …'] : [];
      logUpdate([backfillText(last, true), ...waiting].join('\n'));
    }
    if (found !== undefined && !open.has(found.state)) break;
    await sleep(pollIntervalMs);
  }
  // What is printed in the end says the same.
  if (isTerminal) logUpdate.clear();
  return last as ShownBackfill;
}

/** Undefined while the server doesn't answer. */
async function look(client: Client, dagId: string, config: Config): Promise<ShownBackfill | undefined> {
  try {
    return await shownBackfill(client, await findBackfill(client, dagId, config));
  } catch (error) {
    if (error instanceof Error && (isGrpcServiceError(error) || /ServiceError/.test(error.name)))
      return undefined;
    throw error;
  }
}
