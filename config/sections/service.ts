import { z } from 'zod';
import { parseDuration } from '../../dag/duration.js';
import { show } from '../../dag/json.js';

const fileSize = z.string().regex(/^[1-9]\d*[KMG]$/, 'expected a size such as 20M');

export const loggingSettings = z.strictObject({
  /** Least severe level that is written. Default info. */
  level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  /** `auto` is `pretty` on a terminal, `json` otherwise. Default auto. */
  format: z.enum(['auto', 'pretty', 'json']).default('auto'),
  /** File that a worker logs to, as JSON lines, instead of standard error. Default: none. */
  file: z.string().min(1).optional(),
  /** Size at which that file is put aside and begun anew: a number and K, M or G. Default 20M. */
  fileSize: fileSize.default('20M'),
  /** Files put aside that are kept: `worker.log.1`, the newest, and so on. Default 5. */
  filesKept: z.int().min(1).max(1000).default(5),
  /** Size at which a run's own `run.log` is put aside as `run.log.1`, the only one kept: a number and K, M or G. Default 20M. */
  runLogSize: fileSize.default('20M'),
});

export const workerSettings = z.strictObject({
  /** How long tasks that don't use Spark may go on when the worker is told to stop, before others take them over. Default 10s. */
  shutdownGraceTime: z
    .string()
    .refine((text) => parseDuration(text) !== undefined, {
      error: (issue) => `expected a duration such as 10s or 2m, got ${show(issue.input)}`,
    })
    .default('10s'),
  /** `host:port` where the worker answers about its health and its metrics. Default: none, it doesn't. */
  monitoring: z
    .string()
    .regex(
      /^[^\s/]+:\d{1,5}$/,
      'expected host:port, such as 127.0.0.1:9464, or 0.0.0.0:9464 for all addresses',
    )
    .optional(),
});
