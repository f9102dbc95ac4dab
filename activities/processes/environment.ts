import { z } from 'zod';
import { withLiterals } from '../literals.js';
import { type OperatorContext, OperatorError } from '../operator.js';
import { policyNow } from '../policy.js';
import { registerSecret } from '../secrets.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** What every program gets of the worker's environment: how to find programs, files, the language and the time zone. */
const passedOn = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LANGUAGE', 'TZ', 'TMPDIR'];

/** A variable of the worker's environment instead of a value: the value itself is in no document, history or log. */
const fromWorker = z.strictObject({
  env: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable')
    .describe("A variable of the worker's environment"),
  prefix: z.string().optional().describe('Put before the value, such as "Bearer "'),
});

const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** Text, or `{ env: NAME }` where the DAG document has that. */
export const textOrVariable = withLiterals(
  z.union([scalar, fromWorker]),
  "text, or { env: NAME } for a variable of the worker's environment",
);
export type TextOrVariable = z.output<typeof textOrVariable>;

/**
 * The text meant; that of a variable counts as a secret from now on.
 * @throws OperatorError `InvalidParams` naming a variable that is not set, or that the settings keep from DAGs
 */
export function textOf(value: TextOrVariable, env: Environment = process.env): string {
  if (typeof value !== 'object') return String(value);
  const { dags } = policyNow().environment;
  if (!dags.some((pattern) => matches(value.env, pattern))) {
    throw new OperatorError(
      'InvalidParams',
      `the environment variable ${value.env} is not among those that DAGs may name (environment.dags)`,
    );
  }
  const text = env[value.env];
  if (text === undefined || text === '') {
    throw new OperatorError(
      'InvalidParams',
      `the environment variable ${value.env} is not set on the worker that runs this task`,
    );
  }
  registerSecret(text);
  return `${value.prefix ?? ''}${text}`;
}

/** Whether a variable has a name like `AIRPORT_*`. */
const matches = (name: string, pattern: string): boolean =>
  new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name);

/** All texts of a map. */
export const textsOf = (
  values: Readonly<Record<string, TextOrVariable>>,
  env?: Environment,
): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, textOf(value, env)]));

/** The little that programs may know of the worker's environment, and what the settings add; secrets of the worker's are not theirs. */
export function minimalEnvironment(env: Environment = process.env): Record<string, string> {
  const known = new Set([...passedOn, ...policyNow().environment.programs]);
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && (known.has(name) || name.startsWith('LC_')) ? [[name, value]] : [],
    ),
  );
}

/** What a task's program is told of its task. */
export function taskVariables(context: OperatorContext): Record<string, string> {
  const { dagId, runId, taskId, mapIndex, attempt, logicalDate, dataInterval } = context;
  return {
    NIGHTJAR_DAG_ID: dagId,
    NIGHTJAR_RUN_ID: runId,
    NIGHTJAR_TASK_ID: taskId,
    ...(mapIndex === undefined ? {} : { NIGHTJAR_MAP_INDEX: String(mapIndex) }),
    NIGHTJAR_ATTEMPT: String(attempt),
    NIGHTJAR_LOGICAL_DATE: logicalDate.toISOString(),
    NIGHTJAR_DATA_INTERVAL_START: dataInterval.start.toISOString(),
    NIGHTJAR_DATA_INTERVAL_END: dataInterval.end.toISOString(),
  };
}
