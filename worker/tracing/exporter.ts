import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
import { ConfigError } from '../../config/loader.js';

/** Whether OpenTelemetry's standard environment asks for traces. */
export const wantsTraces = (env: NodeJS.ProcessEnv = process.env): boolean =>
  Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT || env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) &&
  env.OTEL_SDK_DISABLED !== 'true' &&
  env.OTEL_TRACES_EXPORTER !== 'none';

/** The exporter for the protocol that the environment names. @throws ConfigError */
export async function traceExporter(env: NodeJS.ProcessEnv = process.env): Promise<SpanExporter> {
  const protocol =
    env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL || 'http/protobuf';
  if (protocol === 'http/protobuf')
    return new (await import('@opentelemetry/exporter-trace-otlp-proto')).OTLPTraceExporter();
  if (protocol === 'http/json')
    return new (await import('@opentelemetry/exporter-trace-otlp-http')).OTLPTraceExporter();
  throw new ConfigError([
    `OTEL_EXPORTER_OTLP_PROTOCOL: expected one of http/protobuf, http/json, got '${protocol}'`,
  ]);
}
