import { existsSync, readFileSync } from 'node:fs';
import { InvalidArgumentError, Option } from 'commander';
import { type Config, pipelineSettings } from '../config/loader.js';
import { pipelineSections } from '../config/schema.js';
import { formatBytes } from '../dag/bytes.js';
import type { DagDocument } from '../dag/document.js';
import { InexactJsonError, parseExactJson } from '../dag/exact-json.js';
import { isDate, isDateTime } from '../dag/instant.js';
import { isPlainObject, type Json, type JsonObject } from '../dag/json.js';
import { resolveParams } from '../dag/params.js';
import { jsonBytes, maxPayloadBytes, payloadLength } from '../dag/payload.js';
import type { ParamSchema } from '../dag/schema/param.js';
import { parseExactYaml } from '../dag/source.js';
import { CliError } from './exit.js';

/** What `--param` says, by the names of the params, not yet read. */
export type ParamTexts = Readonly<Record<string, string>>;

/** `--param name=value`, which adds up. */
export const paramOption = (): Option =>
  new Option('--param <name=value>', 'a param of the DAG; repeatable')
    .default({}, 'none')
    .argParser((text: string, all: ParamTexts): ParamTexts => {
      const [name = '', ...rest] = text.split('=');
      if (name === '' || rest.length === 0) throw new InvalidArgumentError('expected name=value');
      return { ...all, [name]: rest.join('=') };
    });

/**
 * Values of `--param`: YAML, as with `--set`; but text as it stands for a param that takes text and not what the YAML says,
 * such as 01234 for one of `type: string`.
 * @throws CliError naming the param
 */
export function paramValues(texts: ParamTexts, schemas: DagDocument['params'] = {}): JsonObject {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, paramValue(name, text, typesOf(schemas[name]))]),
  );
}

function paramValue(name: string, text: string, types: readonly string[]): Json {
  const takesText = types.includes('string');
  try {
    const value = parseExactYaml(text) as Json;
    return takesText && !typeNamesOf(value).some((type) => types.includes(type)) ? text : value;
  } catch (error) {
    const isNumber = error instanceof InexactJsonError;
    if (takesText && !(isNumber && (types.includes('number') || types.includes('integer')))) return text;
    const { message } = error as Error;
    throw new CliError(
      `--param ${name}: ${isNumber ? message : `expected a YAML value: ${message.split(/:?\n/, 1)[0]}`}`,
    );
  }
}

const typesOf = (schema: ParamSchema | undefined): readonly string[] => [schema?.type ?? []].flat();

/** What JSON Schema calls a value. */
function typeNamesOf(value: Json): string[] {
  if (value === null) return ['null'];
  if (typeof value === 'number') return Number.isInteger(value) ? ['number', 'integer'] : ['number'];
  return [Array.isArray(value) ? 'array' : typeof value];
}

/** Params as one JSON object, or a file of it. */
export function parseConf(text: string): JsonObject {
  const isFile = !text.trimStart().startsWith('{') && existsSync(text);
  const read = isFile ? readFileSync(text, 'utf8') : text;
  try {
    const value = parseExactJson(read);
    if (isPlainObject(value)) return value as JsonObject;
  } catch (error) {
    const { message } = error as Error;
    if (isFile) throw new InvalidArgumentError(`${text}: ${message}`);
    if (error instanceof InexactJsonError) throw new InvalidArgumentError(message);
  }
  throw new InvalidArgumentError(
    `expected params as a JSON object, such as '{"day": "monday"}', or a file that holds one`,
  );
}

/** A logical date in ISO 8601, UTC. A day is its midnight, UTC. */
export function parseLogicalDate(text: string): string {
  if (!isDate(text) && !isDateTime(text))
    throw new InvalidArgumentError(
      'expected a day or a time with its zone, such as 2026-03-01 or 2026-03-01T06:00:00Z',
    );
  return new Date(text).toISOString();
}

/** What of `--set` a run takes with it: settings of the pipeline, by dotted name. The others are this process's own. */
export function runSettings(set: readonly string[]): JsonObject {
  return Object.fromEntries(
    set.flatMap((setting) => {
      const [name = '', ...rest] = setting.split('=');
      return (name.split('.')[0] ?? '') in pipelineSections
        ? [[name, parseExactYaml(rest.join('=')) as Json]]
        : [];
    }),
  );
}

/** Params as a run of the DAG would resolve them. @throws CliError with everything that is wrong with them */
export function checkParams(dag: DagDocument, given: JsonObject, config: Config): void {
  const params = resolveParams(dag, given, { config: pipelineSettings(config) as unknown as Json });
  if (!params.ok) throw new CliError(params.errors.join('\n'));
}

/**
 * The input of a run; undefined when there is nothing to say, so that the history stays as short as the command.
 * @throws CliError when it is more than a run can be given
 */
export function runInput<Input extends Record<string, unknown>>(input: Input): Partial<Input> | undefined {
  const said = Object.entries(input).filter(
    ([, value]) => value !== undefined && !(isPlainObject(value) && Object.keys(value).length === 0),
  );
  if (said.length === 0) return undefined;
  const some = Object.fromEntries(said) as Partial<Input>;
  if (payloadLength(some) !== undefined) return some;
  throw new CliError(
    `a run is given at most ${formatBytes(maxPayloadBytes)} of JSON, and this is ${formatBytes(jsonBytes(some))}; put large values into files or datasets that its params name`,
  );
}

/** As Workflow IDs have it: `2026-03-01T02:00:00Z`. */
export const idTime = (iso: string): string => iso.replace('.000Z', 'Z');
