import { defineOperator, TaskSkipped } from '../activities/operator.js';
import { attempt, bodyParams } from './body.js';

/** Does what a case says of a task's body: succeeds, fails or skips itself. */
export const caseOperator = defineOperator({
  name: 'case',
  description: 'Ends as a conformance case says',
  params: bodyParams,
  run: async (context, params) => {
    const result = attempt(params, context.mapIndex, context.attempt);
    if (result.ended === 'fail') throw new Error('the case says that this attempt fails');
    if (result.ended === 'skip') throw new TaskSkipped('the case says that the task is skipped');
    return result.output;
  },
});
