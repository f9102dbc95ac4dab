import type { SparkSession } from '../sql/spark-session.js';
import { runForValue, runMl } from './remote.js';

/** A model in a session's cache on the server. */
export interface CachedModel {
  readonly id: string;
  /** Fully qualified. */
  readonly className: string;
  /** Estimated, in bytes. */
  readonly size: number;
}

/** The models that the server keeps for a session. */
export async function cachedModels(session: SparkSession): Promise<CachedModel[]> {
  const entries = await runForValue(session, { case: 'getCacheInfo', value: {} });
  return (Array.isArray(entries) ? entries : []).map((entry) => {
    const { id, class: className, size } = JSON.parse(String(entry));
    return { id, className, size };
  });
}

/** Removes all models of a session from the server's cache. */
export async function cleanCache(session: SparkSession): Promise<void> {
  await runMl(session, { case: 'cleanCache', value: {} });
}
