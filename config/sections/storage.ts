import { z } from 'zod';
import { parseBytes } from '../../dag/bytes.js';
import { parseDuration } from '../../dag/duration.js';
import { show } from '../../dag/json.js';

/** What `nightjar data gc` leaves unless its options say otherwise: see docs/data.md. */
export const retentionSettings = z.strictObject({
  /** Runs of each DAG that keep their data, the last ones. Default: all. */
  keepRuns: z.int().min(0).max(1_000_000).optional(),
  /** Runs that ended within this time keep their data: a duration. Default: all. */
  olderThan: z
    .string()
    .refine((text) => parseDuration(text) !== undefined, {
      error: (issue) => `expected a duration such as 12h or 30d, got ${show(issue.input)}`,
    })
    .optional(),
});

export const storageSettings = z.strictObject({
  /**
   * Who may read what Nightjar, its embedded servers and the programs of tasks write: `private`, the account that they run as;
   * `group`, its group too, which may also write; `inherit`, as the umask says that the process was started with. Default private.
   */
  access: z.enum(['private', 'group', 'inherit']).default('private'),
});

export const doctorSettings = z.strictObject({
  /** Free disk space below which `nightjar doctor` complains: a number and k, m, g or t. Default 2g. */
  minFree: z
    .string()
    .refine((text) => parseBytes(text) !== undefined, {
      error: (issue) => `expected a size such as 500m or 2g, got ${show(issue.input)}`,
    })
    .default('2g'),
});
