import ipaddr from 'ipaddr.js';
import { z } from 'zod';

const variable = z.string().regex(/^[A-Za-z_]\w*$/, 'expected the name of an environment variable');

/** What of the worker's environment others may know. Nobody else gets more than the ordinary variables, such as PATH. */
export const environmentSettings = z.strictObject({
  /** Variables that programs of tasks and callbacks get beside the ordinary ones. Default: none. */
  programs: z.array(variable).default([]),
  /** Variables that the embedded Spark server gets beside the ordinary ones. Default: none. */
  spark: z.array(variable).default([]),
  /** Variables that DAGs may name by `{ env: NAME }` and `urlEnv`; `*` stands for any characters. Default: all. */
  dags: z
    .array(
      z
        .string()
        .regex(
          /^[A-Za-z_*][\w*]*$/,
          'expected the name of an environment variable, with * for any characters',
        ),
    )
    .default(['*']),
});

/** Where requests of tasks and callbacks may go. */
export const httpSettings = z.strictObject({
  /** Names of hosts, such as `api.example.com`, `*.example.com` or `10.1.2.3`. Default: all. */
  allowedHosts: z
    .array(
      z
        .string()
        .regex(
          /^(\*|(\*\.)?[A-Za-z0-9_.-]+|\[?[0-9A-Fa-f:]+\]?)$/,
          'expected a host without a port, such as api.example.com or *.example.com',
        ),
    )
    .default(['*']),
  /** Ranges of inner addresses, such as `10.1.0.0/16`, that requests may go to even where the address comes from params, outputs or data. Default: none. */
  privateRanges: z
    .array(
      z.string().refine((text) => ipaddr.isValidCIDR(text), {
        error: 'expected a range of addresses, such as 10.1.0.0/16 or fd00::/8',
      }),
    )
    .default([]),
});
