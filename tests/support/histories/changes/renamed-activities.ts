import type { WorkflowInterceptors } from '@temporalio/workflow';

/** A careless change: operators have got other names. */
export const interceptors = (): WorkflowInterceptors => ({
  outbound: [
    { scheduleActivity: (input, next) => next({ ...input, activityType: `nightjar.${input.activityType}` }) },
  ],
});
