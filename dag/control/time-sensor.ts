import { z } from 'zod';
import { duration, instant } from '../schema/scalars.js';
import { defineControl } from './operator.js';

export const timeSensor = defineControl({
  name: 'time-sensor',
  description:
    "Waits until a point in time, or for a duration after the data interval's end, without a worker",
  params: () =>
    z
      .strictObject({ until: instant().optional(), after: duration().optional() })
      .refine(({ until, after }) => (until === undefined) !== (after === undefined), {
        error: 'expected either until (a point in time) or after (a duration after the data interval)',
      }),
  execute: ({ until, after = 0 }, { dataIntervalEnd }) => ({
    wait: { until: until ?? new Date(Date.parse(dataIntervalEnd) + after).toISOString() },
  }),
});
