import { Context } from '@temporalio/activity';
import { type ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { TaskInput, TaskResult } from '../contract/task.js';
import { lostInJson } from '../dag/exact-json.js';
import { isTooDeep, maxJsonDepth } from '../dag/json-limits.js';
import { leastBytes } from '../dag/payload.js';
import { formatPath } from '../dag/problem.js';
import { dataRootProblem, withDataRoot } from './context/data-root.js';
import { wholeInput } from './context/large-input.js';
import { figuresOf } from './context/stats.js';
import { openAttempt, type TaskAttempt, type TaskEnvironment } from './context/task-context.js';
import { handover, isExpected, maxFigureBytes, shortenError, toFailure } from './failure.js';
import { markData } from './literals.js';
import { type FinishedTask, type Json, type Operator, OperatorError, TaskSkipped } from './operator.js';
import { underPolicy } from './policy.js';
import { onAttemptFailed, onAttemptStarted } from './run/attempt-failed.js';
import { mask, maskError, maskJson } from './secrets.js';
import { NotYet } from './sensor.js';
import { SensorAttempt } from './sensor-attempts.js';
import { describeRejects, errorThresholdBreaches, metricThresholdBreaches } from './thresholds.js';

const maxOutputBytes = 64 * 1024;

/**
 * Makes an operator a Temporal activity: everything that all operators need is wrapped around it here, once. Params are
 * checked, the context is made, heartbeats go on by themselves, thresholds are held, what the task wrote is
 * published in one step, and errors are sorted into those worth a retry, those not, and the wish to be skipped.
 */
export function asActivity(
  operator: Operator,
  environment: TaskEnvironment,
): (input: TaskInput) => Promise<TaskResult> {
  return (given) => {
    const activity = Context.current();
    const { dataRoot, log } = environment;
    const work = async (): Promise<TaskResult> => {
      // Most inputs are whole, and each promise costs every task.
      const input = given.inputFile === undefined ? given : await wholeInput(given, environment);
      const attempt = openAttempt(activity, input, environment, operator);
      try {
        return await perform(operator, input, activity, attempt, environment);
      } finally {
        attempt.close();
      }
    };
    return withDataRoot(activity, dataRoot, work, ({ message }, milliseconds) =>
      log.warn(
        { dag: given.dag.id, run: given.run.id, task: given.task.key },
        `${operator.name} waits ${milliseconds / 1000} s: ${message}`,
      ),
    );
  };
}

async function perform(
  operator: Operator,
  input: TaskInput,
  { info, cancellationSignal: signal }: Context,
  attempt: TaskAttempt,
  environment: TaskEnvironment,
): Promise<TaskResult> {
  const { context, log } = attempt;
  const sensor = operator.sensor && new SensorAttempt(info, input.task.retries ?? 0);
  // Of a sensor's looks, only what they find is worth a line each.
  const level = sensor !== undefined && info.attempt > 1 ? 'debug' : 'info';
  log[level]({ try: info.attempt }, `${operator.name} started`);
  if (sensor === undefined) await onAttemptStarted(input, info, log);
  try {
    const policy = { ...environment.policy, origins: input.origins };
    const returned = await underPolicy(policy, () => operator.run(context, parseParams(operator, input)));
    // Whatever an operator made of calls that were cut off, it is not the task's result.
    if (attempt.isHandedOver()) throw new Error('the worker shuts down');
    checkOutput(input.task.id, returned);
    const output = maskJson(returned);
    const stats = maskJson(attempt.finish('success'));
    checkFigures(input.task.id, stats);
    checkThresholds(input, stats, (message) => log.warn(message));
    await attempt.commit(output, stats);
    log.info({ stats }, `${operator.name} succeeded`);
    return { output, stats: figuresOf(stats) };
  } catch (thrown) {
    if (attempt.isHandedOver()) {
      log.info(`${operator.name} is handed over to another worker: this one shuts down`);
      throw handover(info.attempt - 1, sensor !== undefined);
    }
    const problem = signal.aborted ? undefined : await dataRootProblem(thrown, environment.dataRoot);
    if (problem !== undefined) throw problem;
    const failed = attempt.finish('failed');
    if (sensor !== undefined) await attempt.release();
    const error = sensor === undefined ? thrown : sensor.next(thrown, failed, signal, attempt.note);
    if (error instanceof TaskSkipped && !signal.aborted) {
      const stats = maskJson(attempt.finish('skipped'));
      const reason = mask(error.reason);
      await attempt.commit(null, stats);
      log.info(`${operator.name} skipped: ${reason}`);
      return { output: null, stats: figuresOf(stats), skipped: reason };
    }
    const failure = maskError(toFailure(error, failed, signal));
    logFailure(log, operator.name, failure, thrown);
    shortenError(failure);
    await onAttemptFailed(input, failure, info, log);
    throw failure;
  }
}

function logFailure(
  log: Logger,
  operator: string,
  failure: ApplicationFailure | CancelledFailure,
  thrown: unknown,
): void {
  if (failure instanceof CancelledFailure) log.warn(`${operator} cancelled`);
  else if (failure.type === 'NotYet')
    log.info({ nextLookInMs: failure.nextRetryDelay }, `${operator}: ${failure.message}`);
  else {
    const retry = failure.nonRetryable === true ? 'not retried' : 'retried if tries are left';
    log.error({ type: failure.type, ...stackOf(thrown) }, `${failure.message} (${retry})`);
  }
}

function parseParams(operator: Operator, { task, params, data }: TaskInput): unknown {
  markData(params, data);
  const parsed = operator.params.safeParse(params);
  if (parsed.success) return parsed.data;
  throw new OperatorError(
    'InvalidParams',
    `task "${task.id}": \`with\` does not fit operator "${operator.name}":\n${z.prettifyError(parsed.error)}`,
  );
}

/** Of what `JSON.stringify` would write as null, or not at all. */
function refuseLost(taskId: string, what: string, value: unknown): void {
  const lost = lostInJson(value);
  if (lost === undefined) return;
  const place = lost.path.length === 0 ? '' : ` at ${formatPath(lost.path)}`;
  throw new OperatorError(
    'InvalidOutput',
    `task "${taskId}" ${what} ${lost.text}${place}, which JSON doesn't hold; text such as "${lost.text}" it does`,
  );
}

function checkOutput(taskId: string, output: Json): void {
  if (isTooDeep(output)) {
    throw new OperatorError(
      'OutputTooLarge',
      `task "${taskId}" returned lists and maps that are nested more than ${maxJsonDepth} levels deep; write data to a dataset and return its reference`,
    );
  }
  refuseLost(taskId, 'returned', output);
  const bytes = Buffer.byteLength(JSON.stringify(output ?? null));
  if (bytes > maxOutputBytes) {
    throw new OperatorError(
      'OutputTooLarge',
      `task "${taskId}" returned ${bytes} bytes of JSON, at most ${maxOutputBytes} are allowed; write data to a dataset and return its reference`,
    );
  }
}

function checkFigures(taskId: string, { metrics, rejectedByReason, rejectedFiles }: FinishedTask): void {
  refuseLost(taskId, 'reported the metric', metrics);
  const bytes = leastBytes({ metrics, rejectedByReason, rejectedFiles });
  if (bytes > maxFigureBytes) {
    throw new OperatorError(
      'OutputTooLarge',
      `task "${taskId}" reported ${bytes} bytes of figures (metrics, reasons of rejection, rejected files), at most ${maxFigureBytes} are allowed; write them to a dataset`,
    );
  }
}

function checkThresholds(
  { task, errorThreshold, metricThresholds }: TaskInput,
  stats: FinishedTask,
  warn: (message: string) => void,
): void {
  const explain = (breaches: string[]): string =>
    `task "${task.id}" broke its threshold: ${breaches.join('; ')}`;
  if (errorThreshold !== undefined) {
    const breaches = errorThresholdBreaches(stats, errorThreshold);
    const { rejectedByReason, rejectedFiles } = stats;
    const rejects = breaches.length === 0 ? '' : describeRejects(stats);
    const message = `${explain(breaches)}${rejects === '' ? '' : ` — ${rejects}`}`;
    if (breaches.length > 0 && errorThreshold.onBreach === 'warn') warn(message);
    else if (breaches.length > 0)
      throw new OperatorError('ThresholdBreached', message, { rejectedByReason, rejectedFiles });
  }
  if (metricThresholds !== undefined) {
    const { metrics } = stats;
    const breaches = metricThresholdBreaches(metrics, metricThresholds);
    if (breaches.length > 0) throw new OperatorError('ThresholdBreached', explain(breaches), { metrics });
  }
}

/** A stack helps with a bug; a mistake of the user's gets its message alone. */
const stackOf = (error: unknown): { stack?: string } =>
  error instanceof Error && !isExpected(error) && !(error instanceof NotYet) && error.stack !== undefined
    ? { stack: error.stack }
    : {};
