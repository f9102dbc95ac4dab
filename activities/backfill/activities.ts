import { getClient } from '@temporalio/activity';
import type { BackfillPage, BackfillPlan } from '../../dag/backfill/messages.js';
import { findDag } from '../run/dag-files.js';
import type { RunEnvironment } from '../run/prepare-run.js';
import { nextRuns } from './next-runs.js';
import { planBackfill, refuse } from './plan.js';

export type BackfillRequest = { dagId: string; input: unknown };

export type NextRunsRequest = { plan: BackfillPlan; after?: string; count: number };

/** The activities of backfills: as local activities, so that a backfill of a thousand runs has a short history. */
export type BackfillActivities = {
  planBackfill(request: BackfillRequest): Promise<BackfillPlan>;
  findNextRuns(request: NextRunsRequest): Promise<BackfillPage>;
};

export function backfillActivities(environment: RunEnvironment): BackfillActivities {
  return {
    async planBackfill({ dagId, input }) {
      const found = await findDag(dagId, environment.dags);
      if (typeof found === 'string') throw refuse(found);
      const { config, searchAttributes } = environment;
      return planBackfill(found.dag, input, { config, now: new Date(), searchAttributes });
    },
    findNextRuns: ({ plan, after, count }) =>
      nextRuns(plan, after, count, { client: getClient(), dataRoot: environment.dataRoot }),
  };
}
