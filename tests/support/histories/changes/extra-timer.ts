import { sleep, type WorkflowInterceptors } from '@temporalio/workflow';

/** A careless change: every workflow waits a little before it begins. */
export const interceptors = (): WorkflowInterceptors => ({
  inbound: [
    {
      async execute(input, next) {
        await sleep(10);
        return next(input);
      },
    },
  ],
});
