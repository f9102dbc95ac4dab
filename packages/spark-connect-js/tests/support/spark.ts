import { onTestFinished } from 'vitest';
import {
  callFunction,
  col,
  type DataFrame,
  lit,
  SparkSession as Sessions,
  type SparkSession,
} from '../../src/index.js';
import type { SparkSessionBuilder } from '../../src/sql/spark-session-builder.js';

/** The server under test; the repository's set-up starts one and names it here. */
export function remote(): string {
  const { SPARK_REMOTE } = process.env;
  if (!SPARK_REMOTE) throw new Error('Set SPARK_REMOTE to the Spark Connect server to test against');
  return SPARK_REMOTE;
}

/** A session of the server under test, stopped when the test is over. */
export async function openSession(
  configure: (builder: SparkSessionBuilder) => SparkSessionBuilder = (builder) => builder,
): Promise<SparkSession> {
  const builder = Sessions.builder().remote(remote()).config('spark.sql.session.timeZone', 'UTC');
  const session = await configure(builder).getOrCreate();
  onTestFinished(() => session.stop());
  return session;
}

/** A query of 2 tasks that takes at least `rows × millis / 2`. */
export function slowQuery(session: SparkSession, rows: number, millis: number): DataFrame {
  // The product with the id keeps Spark from computing the call once and for all.
  const pause = col('id').multiply(0).plus(millis).cast('bigint');
  const sleep = callFunction('java_method', lit('java.lang.Thread'), lit('sleep'), pause);
  return session.range(0, rows, 1, 2).select('id', sleep.alias('slept'));
}

export interface SparkJob {
  readonly jobId: number;
  readonly status: string;
  readonly numActiveTasks: number;
  readonly jobTags?: readonly string[];
}

/** The base URL of the server's own REST API; undefined when it is not known. */
export const sparkUi = (): string | undefined => process.env.SPARK_UI || undefined;

/** Jobs that the server itself recorded for an operation. */
export async function jobsOf(operationId: string, ui = sparkUi()): Promise<SparkJob[]> {
  const applications = (await (await fetch(`${ui}/api/v1/applications`)).json()) as { id: string }[];
  const response = await fetch(`${ui}/api/v1/applications/${applications[0]?.id}/jobs`);
  const jobs = (await response.json()) as SparkJob[];
  return jobs.filter((job) => job.jobTags?.some((tag) => tag.endsWith(`_Operation_${operationId}`)));
}

/** Waits until a condition holds; fails with what it last saw after 60 s. */
export async function eventually<T>(look: () => Promise<T>, holds: (seen: T) => boolean): Promise<T> {
  const end = Date.now() + 60_000;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (Date.now() > end) throw new Error(`Not within 60 s; last seen: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
