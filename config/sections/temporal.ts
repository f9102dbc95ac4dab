import { z } from 'zod';

/** Which release a worker is of, for deploys under running DAGs: see docs/versions.md. */
const deployment = z.strictObject({
  /** All releases of one service share it. */
  name: z.string().regex(/^[^:]{1,100}$/, 'expected 1 to 100 characters without a colon'),
  /** Names the release: a new one for every change of code, such as a commit's hash. */
  buildId: z.string().regex(/^[^:]{1,100}$/, 'expected 1 to 100 characters without a colon'),
  /** `pinned`: a run ends on the release it started on. `auto-upgrade`: it goes on with the current one. Default pinned. */
  behavior: z.enum(['pinned', 'auto-upgrade']).default('pinned'),
});

const file = z.string().min(1);

const tls = z
  .strictObject({
    /** Authority that signed the server's certificate, PEM. Default: those that the system trusts. */
    serverCaFile: file.optional(),
    /** Name in the server's certificate, where it isn't the host of the address. */
    serverName: z.string().min(1).optional(),
    /** Certificate by which the server knows us, PEM; wants `clientKeyFile` too. */
    clientCertFile: file.optional(),
    /** Its private key, PEM. */
    clientKeyFile: file.optional(),
  })
  .refine((given) => (given.clientCertFile === undefined) === (given.clientKeyFile === undefined), {
    error: 'expected clientCertFile and clientKeyFile together',
  });

/** Where a key is: never in the settings themselves. */
const keySource = z.union(
  [
    z.strictObject({
      env: z.string().regex(/^[A-Za-z_]\w*$/, 'expected the name of an environment variable'),
    }),
    z.strictObject({ file }),
  ],
  { error: 'expected { env: NAME } or { file: PATH }: keys are never written into settings' },
);

const encryption = z
  .strictObject({
    /** Id of the key that encrypts. All others decrypt what they once encrypted. */
    key: z.string().min(1),
    /** 256-bit keys, in base64 or hexadecimal digits, by id: `{ env: NAME }` or `{ file: PATH }`. */
    keys: z.record(
      z.string().regex(/^[\w.-]{1,64}$/, "expected 1 to 64 letters, digits, '_', '-' or '.'"),
      keySource,
    ),
  })
  .refine(({ key, keys }) => key in keys, { path: ['key'], error: 'expected the id of one of keys' });

export const temporalSettings = z.strictObject({
  /** `host:port` of a server that already runs; without it an embedded one is started. `TEMPORAL_ADDRESS` overrides it. */
  address: z
    .string()
    .regex(/^[^\s:/]+:\d+$/, 'expected host:port, such as localhost:7233')
    .optional(),
  /** Default `default`. `TEMPORAL_NAMESPACE` overrides it. */
  namespace: z.string().min(1).default('default'),
  /** Profile of Temporal's own TOML file, for what is not set here. Default: none. `TEMPORAL_PROFILE` overrides it. */
  profile: z.string().min(1).optional(),
  /** That file. Default: the Temporal CLI's. `TEMPORAL_CONFIG_FILE` overrides it. */
  profileFile: file.optional(),
  /** Whether to speak TLS, or how. Default: with an API key only. `TEMPORAL_TLS` and `TEMPORAL_TLS_…` override it. */
  tls: z.union([z.boolean(), tls], { error: 'expected true, false or the names of files' }).optional(),
  /** File with an API key. Default: none. `TEMPORAL_API_KEY` overrides it. */
  apiKeyFile: file.optional(),
  /** Encrypts what Temporal stores: see docs/connections.md. Default: none, it is stored as it is. */
  encryption: encryption.optional(),
  /** Where workers look for work. Default `nightjar`. */
  taskQueue: z.string().min(1).default('nightjar'),
  /** Default: none, workers have no versions. */
  deployment: deployment.optional(),
});
