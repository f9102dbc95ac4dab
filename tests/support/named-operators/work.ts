import { defineOperator } from 'nightjar';
import { z } from 'zod';

/** Stands for an operator of that name which only the test's worker has. */
export default defineOperator({
  name: 'work',
  description: "is run by the test's worker",
  params: z.looseObject({}),
  run: () => Promise.reject(new Error("only the test's worker runs it")),
});
