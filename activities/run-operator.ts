import { Context } from '@temporalio/activity';
import { type ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { Logger } from 'pino';
import { z } from 'zod';
import { type TaskEnvironment, withTaskContext } from './context/task-context.js';
import { handover, toFailure } from './failure.js';
import { type Json, type Operator, OperatorError, TaskSkipped } from './operator.js';
import { onAttemptFailed, onAttemptStarted } from './run/attempt-failed.js';
import { mask, maskError, maskJson } from './secrets.js';
import { NotYet } from './sensor.js';
import { SensorAttempt } from './sensor-attempts.js';
import type { TaskInput, TaskResult } from './task.js';
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
  return async (input) => {
    const activity = Context.current();
    return withTaskContext(activity, input, environment, operator, async (task) => {
      const { context, log } = task;
      const sensor = operator.sensor && new SensorAttempt(activity.info, input.task.retries ?? 0);
      // Of a sensor's looks, only what they find is worth a line each.
      const level = sensor !== undefined && activity.info.attempt > 1 ? 'debug' : 'info';
      log[level]({ try: activity.info.attempt }, `${operator.name} started`);
      if (sensor === undefined) await onAttemptStarted(input, activity.info, log);
      try {
        const output = maskJson(await operator.run(context, parseParams(operator, input)));
        // Whatever an operator made of calls that were cut off, it is not the task's result.
        if (task.isHandedOver()) throw new Error('the worker shuts down');
        checkOutput(input.task.id, output);
        const stats = maskJson(task.finish('success'));
        checkThresholds(input, stats, (message) => log.warn(message));
        await task.commit(output, stats);
        log.info({ stats }, `${operator.name} succeeded`);
        return { output, stats };
      } catch (thrown) {
        const signal = activity.cancellationSignal;
        if (task.isHandedOver()) {
          log.info(`${operator.name} is handed over to another worker: this one shuts down`);
          throw handover(activity.info.attempt - 1, sensor !== undefined);
        }
        const failed = task.finish('failed');
        if (sensor !== undefined) await task.release();
        const error = sensor === undefined ? thrown : sensor.next(thrown, failed, signal, task.note);
        if (error instanceof TaskSkipped && !signal.aborted) {
          const stats = maskJson(task.finish('skipped'));
          const reason = mask(error.reason);
          await task.commit(null, stats);
          log.info(`${operator.name} skipped: ${reason}`);
          return { output: null, stats, skipped: reason };
        }
        const failure = maskError(toFailure(error, failed, signal));
        logFailure(log, operator.name, failure, thrown);
        await onAttemptFailed(input, failure, activity.info, log);
        throw failure;
      }
    });
  };
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

function parseParams(operator: Operator, { task, params }: TaskInput): unknown {
  const parsed = operator.params.safeParse(params);
  if (parsed.success) return parsed.data;
  throw new OperatorError(
    'InvalidParams',
    `task "${task.id}": \`with\` does not fit operator "${operator.name}":\n${z.prettifyError(parsed.error)}`,
  );
}

function checkOutput(taskId: string, output: Json): void {
  const bytes = Buffer.byteLength(JSON.stringify(output ?? null));
  if (bytes > maxOutputBytes) {
    throw new OperatorError(
      'OutputTooLarge',
      `task "${taskId}" returned ${bytes} bytes of JSON, at most ${maxOutputBytes} are allowed; write data to a dataset and return its reference`,
    );
  }
}

function checkThresholds(
  { task, errorThreshold, metricThresholds }: TaskInput,
  stats: TaskResult['stats'],
  warn: (message: string) => void,
): void {
  const rowBreaches = errorThreshold === undefined ? [] : errorThresholdBreaches(stats, errorThreshold);
  const rejects = describeRejects(stats);
  const explain = (breaches: string[]): string =>
    `task "${task.id}" broke its threshold: ${breaches.join('; ')}`;
  const rowMessage = `${explain(rowBreaches)}${rejects === '' ? '' : ` — ${rejects}`}`;
  if (rowBreaches.length > 0 && errorThreshold?.onBreach === 'warn') warn(rowMessage);
  else if (rowBreaches.length > 0) {
    throw new OperatorError('ThresholdBreached', rowMessage, {
      rejectedByReason: stats.rejectedByReason,
      rejectedFiles: stats.rejectedFiles,
    });
  }
  const metricBreaches =
    metricThresholds === undefined ? [] : metricThresholdBreaches(stats.metrics, metricThresholds);
  if (metricBreaches.length > 0) {
    throw new OperatorError('ThresholdBreached', explain(metricBreaches), { metrics: stats.metrics });
  }
}

/** A stack helps with a bug; a mistake of the user's gets its message alone. */
const stackOf = (error: unknown): { stack?: string } =>
  error instanceof Error && !isExpected(error) && error.stack !== undefined ? { stack: error.stack } : {};

const isExpected = (error: Error): boolean => error instanceof OperatorError || error instanceof NotYet;
