import type { ExecuteOptions } from '../client/execution.js';
import type { LiteralInit } from '../plan/literal.js';
import { callFunction, lit } from '../sql/column.js';
import type { SparkSession } from '../sql/spark-session.js';
import { booleanLiteral, stringLiteral } from './literals.js';
import { runForValue } from './remote.js';

/** What a saved stage says of itself, as far as it matters here. */
export interface StageMetadata {
  /** Fully qualified, as Spark on the JVM calls it. */
  readonly className: string;
  readonly uid: string;
  /** Only of pipelines. */
  readonly stageUids: readonly string[] | undefined;
}

/** Object of the server that does odd jobs for clients. */
const helperId = '______ML_CONNECT_HELPER______';

/**
 * Writes what Spark keeps of a pipeline beside its stages: one line of JSON in `metadata`. The server puts in the time,
 * so that the request is the same each time it is made.
 */
export async function writePipelineMetadata(
  session: SparkSession,
  path: string,
  { className, uid, stageUids }: { className: string; uid: string; stageUids: readonly string[] },
  options: ExecuteOptions,
): Promise<void> {
  const known = {
    class: className,
    uid,
    sparkVersion: session.version,
    paramMap: { stageUids },
    defaultParamMap: {},
  };
  const metadata = callFunction(
    'concat',
    lit(`${JSON.stringify(known).slice(0, -1)},"timestamp":`),
    callFunction('unix_millis', callFunction('current_timestamp')),
    lit('}'),
  );
  const line = session.range(0, 1, 1, 1).select(metadata.alias('value'));
  await line.write.text(`${path}/metadata`, options);
}

/** Reads the metadata of any saved stage. @throws TypeError when there are none at the path */
export async function readStageMetadata(
  session: SparkSession,
  path: string,
  options: ExecuteOptions,
): Promise<StageMetadata> {
  const [row] = await session.read.text(`${path}/metadata`).limit(1).collect(options);
  if (row === undefined) throw new TypeError(`${path} holds no saved stage: its metadata are empty`);
  const metadata = JSON.parse(String(row.get('value'))) as {
    class: string;
    uid: string;
    paramMap?: { stageUids?: string[] };
  };
  // PySpark calls its own classes by other names.
  const className = metadata.class.replace(/^pyspark\.ml\.pipeline\./, 'org.apache.spark.ml.');
  return { className, uid: metadata.uid, stageUids: metadata.paramMap?.stageUids };
}

/** Where stages of a pipeline are; the index has as many digits as the number of stages. */
export function stagePaths(path: string, uids: readonly string[]): string[] {
  const digits = String(uids.length).length;
  return uids.map((uid, index) => `${path}/stages/${String(index).padStart(digits, '0')}_${uid}`);
}

/** Removes what is at a path. Without `overwrite`, anything there is an error of the server's. */
export async function clearPath(
  session: SparkSession,
  path: string,
  overwrite: boolean,
  options: ExecuteOptions,
): Promise<void> {
  const argument = (value: LiteralInit) => ({ argsType: { case: 'param' as const, value } });
  const args = [argument(stringLiteral(path)), argument(booleanLiteral(overwrite))];
  const value = { objRef: { id: helperId }, methods: [{ method: 'handleOverwrite', args }] };
  await runForValue(session, { case: 'fetch', value }, options);
}
