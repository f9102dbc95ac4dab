import { existsSync, readFileSync } from 'node:fs';
import { YAMLParseError } from 'yaml';
import { InexactJsonError } from '../dag/exact-json.js';
import { isPlainObject, type JsonObject } from '../dag/json.js';
import { formatPath, type Problem, validate } from '../dag/problem.js';
import { bySourcePosition, formatSourceError, parseExactYaml, YamlSource } from '../dag/source.js';
import { type Config, configSchema, type PipelineSettings, pipelineSections } from './schema.js';
import { settingPath, withSetting } from './setting-path.js';
import { temporalProfile } from './temporal-profile.js';

export type { Config, PipelineSettings } from './schema.js';

/** Read when no file is named, if it is there. */
export const DEFAULT_CONFIG_FILE = 'config/config.yaml';

const ENVIRONMENT_PREFIX = 'NIGHTJAR__';

/** Variables of the environment that mean one setting each, by names that others know too. */
const wellKnownVariables: Record<string, readonly string[]> = {
  TEMPORAL_ADDRESS: ['temporal', 'address'],
  TEMPORAL_NAMESPACE: ['temporal', 'namespace'],
  TEMPORAL_PROFILE: ['temporal', 'profile'],
  TEMPORAL_CONFIG_FILE: ['temporal', 'profileFile'],
  SPARK_REMOTE: ['spark', 'remote'],
};

/** Settings that can't be used. The message has one line for each problem and says where it is and what is allowed. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}

export interface ConfigSources {
  /** Default: {@link DEFAULT_CONFIG_FILE}, which may be missing; a file that is named may not. */
  file?: string | undefined;
  /** `NIGHTJAR__GENERATE__RECORDS=…` and the like, `TEMPORAL_…`, `SPARK_REMOTE`; usually `process.env`. */
  env: Readonly<Record<string, string | undefined>>;
  /** `generate.records=50000`, as `--set` takes them; these go before the environment, which goes before the file. */
  overrides?: readonly string[];
}

/** A value for one setting from outside the file, and how to call its source in an error. */
export interface Override {
  path: readonly string[];
  value: unknown;
  source: string;
}

/** Settings, and what they were read from. */
export interface TracedConfig {
  config: Config;
  /** The settings file, if there is one. */
  file: YamlSource | undefined;
  /** What goes before the file or, from Temporal's profile, fills it up; the last one about a setting counts. */
  overrides: readonly Override[];
}

/**
 * Reads the settings: defaults, Temporal's profile, file, environment, overrides, each going before the one ahead of it.
 * @throws ConfigError with everything that is wrong
 */
export const loadConfig = (sources: ConfigSources): Config => traceConfig(sources).config;

/** The same, with what each setting came from. @throws ConfigError */
export function traceConfig({ file, env, overrides = [] }: ConfigSources): TracedConfig {
  const problems: string[] = [];
  const { config: base, given, source } = readSettings(file, problems);
  const settings = [...fromEnvironment(env, problems), ...fromOverrides(overrides, problems)];
  const config = override(base, settings, problems);
  const { profile, profileFile } = config.temporal;
  if (profile === undefined && profileFile === undefined)
    return { config, file: source, overrides: settings };
  const ofProfile = fromProfile(config, env, [...given, ...settings.map(({ path }) => path)]);
  return {
    config: override(config, ofProfile, []),
    file: source,
    overrides: [...settings, ...ofProfile],
  };
}

/** Address and namespace of the profile of Temporal's own file, where nothing else says them. @throws ConfigError */
function fromProfile(
  { temporal }: Config,
  env: ConfigSources['env'],
  given: readonly (readonly string[])[],
): Override[] {
  const source = `Temporal profile ${temporal.profile ?? 'default'}`;
  const isGiven = (name: string): boolean =>
    given.some(([section, key]) => section === 'temporal' && (key === undefined || key === name));
  try {
    const profile = temporalProfile(temporal, env);
    return (['address', 'namespace'] as const).flatMap((name) => {
      const value = profile[name];
      return value === undefined || isGiven(name) ? [] : [{ path: ['temporal', name], value, source }];
    });
  } catch (error) {
    throw new ConfigError([`${source}: ${(error as Error).message}`]);
  }
}

/** The sections that templates see as `config`. */
export function pipelineSettings(config: Config): PipelineSettings {
  const { generate, ingest, models, thresholds } = config;
  return { generate, ingest, models, thresholds };
}

/**
 * Settings with some of the pipeline's replaced, by dotted names such as `generate.records`.
 * @throws ConfigError for unknown names, for settings outside the pipeline's sections, and for values that aren't allowed
 */
export function applySettings(config: Config, settings: Readonly<JsonObject>): Config {
  const problems: string[] = [];
  const overrides = Object.entries(settings).flatMap(([name, value]) => {
    const [section = ''] = name.split('.');
    if (section in configSchema.shape && !(section in pipelineSections)) {
      const allowed = Object.keys(pipelineSections).join(', ');
      problems.push(`${name}: a run can't change this setting, only those of ${allowed}`);
      return [];
    }
    return findSetting(name, name.split('.'), () => value, false, problems);
  });
  return override(config, overrides, problems);
}

/** The settings of the file; the defaults when it is wrong, so that what goes before it can be checked all the same. */
function readSettings(
  file: string | undefined,
  problems: string[],
): { config: Config /** Settings of the file for Temporal. */; given: string[][]; source?: YamlSource } {
  const source = readSource(file);
  if (source === undefined) return { config: configSchema.parse({}), given: [] };
  const value = withoutNulls(source.value ?? {});
  const result = validate(configSchema, value);
  const ofTemporal = isPlainObject(value) && isPlainObject(value.temporal) ? Object.keys(value.temporal) : [];
  if (result.ok && source.errors.length === 0)
    return { config: result.value, given: ofTemporal.map((key) => ['temporal', key]), source };
  const errors = result.ok ? [] : result.problems.map((problem) => source.locate(problem));
  problems.push(...[...source.errors, ...errors].sort(bySourcePosition).map(formatSourceError));
  return { config: configSchema.parse({}), given: [] };
}

function readSource(file: string | undefined): YamlSource | undefined {
  if (file === undefined && !existsSync(DEFAULT_CONFIG_FILE)) return undefined;
  const path = file ?? DEFAULT_CONFIG_FILE;
  try {
    return new YamlSource(readFileSync(path, 'utf8'), path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new ConfigError([`${path}: ${code === 'ENOENT' ? 'there is no such settings file' : message}`]);
  }
}

/** A key without a value, such as a section whose settings are all commented out, counts as left out. */
function withoutNulls(value: unknown): unknown {
  if (!isPlainObject(value)) return value;
  const entries = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutNulls(inner)]));
}

function fromEnvironment(env: ConfigSources['env'], problems: string[]): Override[] {
  const own = Object.entries(env).flatMap(([name, text]) => {
    if (text === undefined || !name.toUpperCase().startsWith(ENVIRONMENT_PREFIX)) return [];
    const names = name.slice(ENVIRONMENT_PREFIX.length).split('__');
    return findSetting(name, names, () => parseExactYaml(text), true, problems);
  });
  const wellKnown = Object.entries(wellKnownVariables).flatMap(([name, path]) => {
    const value = env[name];
    return value ? [{ path, value, source: name }] : [];
  });
  return [...own, ...wellKnown];
}

function fromOverrides(overrides: readonly string[], problems: string[]): Override[] {
  return overrides.flatMap((text) => {
    const [name = ''] = text.split('=', 1);
    const source = `--set ${name}`;
    if (name === text || name === '') {
      problems.push(`--set ${text}: expected name=value, such as generate.records=50000`);
      return [];
    }
    return findSetting(
      source,
      name.split('.'),
      () => parseExactYaml(text.slice(name.length + 1)),
      false,
      problems,
    );
  });
}

function findSetting(
  source: string,
  names: readonly string[],
  read: () => unknown,
  anyCase: boolean,
  problems: string[],
): Override[] {
  const found = settingPath(configSchema, names, anyCase);
  if (!found.ok) {
    problems.push(`${source}: ${found.problem}`);
    return [];
  }
  try {
    return [{ path: found.path, value: read(), source }];
  } catch (error) {
    if (error instanceof InexactJsonError) problems.push(`${source}: ${error.message}`);
    else if (!(error instanceof YAMLParseError)) throw error;
    else problems.push(`${source}: expected a YAML value: ${error.message.split(/:?\n/, 1)[0]}`);
    return [];
  }
}

/** @throws ConfigError with the problems so far and those of the overrides */
function override(base: Config, overrides: readonly Override[], problems: readonly string[]): Config {
  const merged = overrides.reduce<unknown>(
    (value, { path, value: setting }) => withSetting(value, path, setting),
    base,
  );
  const result = validate(configSchema, merged);
  const invalid = result.ok ? [] : result.problems.map((problem) => attribute(problem, overrides));
  if (problems.length > 0 || !result.ok) throw new ConfigError([...problems, ...invalid]);
  return deepFreeze(result.value);
}

/** Names the last override that set the value at fault, or a part of it. */
function attribute({ path, message, hint }: Problem, overrides: readonly Override[]): string {
  const culprit = overrides.findLast((each) =>
    each.path.slice(0, path.length).every((segment, index) => path[index] === segment),
  );
  const inner = formatPath(path.slice(culprit?.path.length ?? 0));
  return [culprit?.source, inner, hint === undefined ? message : `${message} (${hint})`]
    .filter(Boolean)
    .join(': ');
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}
