import { type ClientConfigProfile, loadClientConfigProfile } from '@temporalio/envconfig';

type Environment = Readonly<Record<string, string | undefined>>;

/** Which profile of Temporal's TOML file to read: none, unless one of them is named. */
export type ProfileName = { profile?: string | undefined; profileFile?: string | undefined };

/**
 * What Temporal's standard environment (`TEMPORAL_…`) and the named profile say together, the environment going first.
 * A profile is only read when it, or its file, is named: nobody who starts Nightjar for a look should end up on the
 * server that the Temporal CLI of this machine happens to know.
 * @throws Error when the profile can't be read
 */
export function temporalProfile(
  { profile, profileFile }: ProfileName,
  env: Environment,
): ClientConfigProfile {
  return loadClientConfigProfile({
    ...(profile === undefined ? {} : { profile }),
    ...(profileFile === undefined ? {} : { configSource: { path: profileFile } }),
    disableFile: profile === undefined && profileFile === undefined,
    configFileStrict: true,
    // An empty variable is one that isn't set.
    overrideEnvVars: Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) => (value ? [[name, value]] : [])),
    ),
  });
}
