import { z } from 'zod';
import { defineOperator } from '../../../activities/operator.js';

/** Does nothing, as an activity: what its task takes is what orchestration takes. */
export default defineOperator({
  name: 'no-op',
  description: 'Does nothing, on a worker',
  params: z.strictObject({}),
  run: async () => null,
});
