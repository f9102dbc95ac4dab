import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Context, ROOT_CONTEXT, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import {
  defaultResource,
  detectResources,
  envDetector,
  hostDetector,
  resourceFromAttributes,
} from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type IdGenerator,
  RandomIdGenerator,
} from '@opentelemetry/sdk-trace-base';
import type { Logger } from 'pino';
import type { OperationListener } from 'spark-connect-js';
import { readJson } from '../../activities/context/files.js';
import { runFolder } from '../../activities/context/layout.js';
import type { RunUpdate } from '../../activities/run/record-run.js';
import { type RunRecord, runRecordName } from '../../activities/run/run-record.js';
import { mask } from '../../activities/secrets.js';
import type { TaskInput } from '../../contract/task.js';
import type { WorkerObserver } from '../observer.js';
import { traceExporter } from './exporter.js';

export type Tracing = { observer: WorkerObserver; onOperation: OperationListener; stop(): Promise<void> };

export type TracingOptions = { dataRoot: string; operators: ReadonlySet<string>; log: Logger };

/**
 * One trace for each DAG run: a span for the run, one for each attempt at a task, one for each operation in Spark. The ids of the
 * trace and of the run's span are derived from the run, so that all workers know them, and workflows neither carry nor
 * make them. Exporter, sampler and the like are set by OpenTelemetry's standard environment.
 */
export async function startTracing({ dataRoot, operators, log }: TracingOptions): Promise<Tracing> {
  const ids = new RunIds();
  const provider = new BasicTracerProvider({
    idGenerator: ids,
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': 'nightjar' }))
      .merge(detectResources({ detectors: [hostDetector, envDetector] })),
    spanProcessors: [new BatchSpanProcessor(await traceExporter())],
  });
  const tracer = provider.getTracer('nightjar');
  const current = new AsyncLocalStorage<Context>();

  const endRun = async ({ dagId, runId, state, at, error }: RunUpdate): Promise<void> => {
    const record = await readJson<RunRecord>(join(runFolder(dataRoot, dagId, runId), runRecordName));
    const span = ids.forRun(dagId, runId, () =>
      tracer.startSpan(
        `run ${dagId}`,
        {
          root: true,
          startTime: new Date(record?.startedAt ?? at),
          attributes: { 'nightjar.dag': dagId, 'nightjar.run': runId, 'nightjar.state': state },
        },
        ROOT_CONTEXT,
      ),
    );
    if (state !== 'success') span.setStatus({ code: SpanStatusCode.ERROR, message: error ?? state });
    span.end(new Date(at));
  };

  return {
    observer: {
      runUpdated: (update) => {
        if (update.state === 'running') return;
        endRun(update).catch((error: unknown) => log.warn({ error }, 'the span of a run could not be made'));
      },
      interceptor: ({ info }) =>
        operators.has(info.activityType)
          ? {
              inbound: {
                execute(input, next) {
                  const { dag, run, task } = input.args[0] as TaskInput;
                  const parent = trace.setSpanContext(ROOT_CONTEXT, {
                    ...idsOf(dag.id, run.id),
                    traceFlags: TraceFlags.SAMPLED,
                    isRemote: true,
                  });
                  const attributes = {
                    'nightjar.dag': dag.id,
                    'nightjar.run': run.id,
                    'nightjar.task': task.key,
                    'nightjar.operator': info.activityType,
                    'nightjar.attempt': (task.attemptsBefore ?? 0) + info.attempt,
                  };
                  const span = tracer.startSpan(`task ${task.id}`, { attributes }, parent);
                  return current
                    .run(trace.setSpan(parent, span), () => next(input))
                    .catch((error: unknown) => {
                      span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
                      throw error;
                    })
                    .finally(() => span.end());
                },
              },
            }
          : {},
    },
    onOperation: (operationId) => {
      const attributes = { 'spark.connect.operation_id': operationId };
      const span = tracer.startSpan('spark operation', { attributes }, current.getStore());
      return (error) => {
        if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
        span.end();
      };
    },
    stop: () => provider.shutdown(),
  };
}

const messageOf = (error: unknown): string => mask(error instanceof Error ? error.message : String(error));

function idsOf(dagId: string, runId: string): { traceId: string; spanId: string } {
  const digest = createHash('sha256')
    .update(JSON.stringify([dagId, runId]))
    .digest('hex');
  return { traceId: digest.slice(0, 32), spanId: digest.slice(32, 48) };
}

/** Random ids, but for the span of a run. */
class RunIds implements IdGenerator {
  private readonly random = new RandomIdGenerator();
  private run: { traceId: string; spanId: string } | undefined;

  generateTraceId(): string {
    return this.run?.traceId ?? this.random.generateTraceId();
  }

  generateSpanId(): string {
    return this.run?.spanId ?? this.random.generateSpanId();
  }

  forRun<T>(dagId: string, runId: string, start: () => T): T {
    this.run = idsOf(dagId, runId);
    try {
      return start();
    } finally {
      this.run = undefined;
    }
  }
}
