import type { Config } from './schema.js';

type SparkConf = Record<string, string>;

/** Spark configuration of a server that is started for us: everything the settings say. */
export function serverConf({ spark }: Pick<Config, 'spark'>): SparkConf {
  const { dynamicAllocation } = spark;
  const allocation: SparkConf = dynamicAllocation.enabled
    ? {
        'spark.dynamicAllocation.enabled': 'true',
        'spark.dynamicAllocation.shuffleTracking.enabled': 'true',
        'spark.dynamicAllocation.minExecutors': String(dynamicAllocation.minExecutors),
        'spark.dynamicAllocation.maxExecutors': String(dynamicAllocation.maxExecutors),
      }
    : {};
  return { ...allocation, ...sqlConf({ spark }), ...userConf({ spark }) };
}

/** Configuration of a task's session: what a running server lets sessions decide, which are the SQL settings. */
export function sessionConf({ spark }: Pick<Config, 'spark'>): SparkConf {
  const own = Object.entries(userConf({ spark })).filter(([name]) => name.startsWith('spark.sql.'));
  return { ...sqlConf({ spark }), ...Object.fromEntries(own) };
}

function sqlConf({ spark }: Pick<Config, 'spark'>): SparkConf {
  return {
    'spark.sql.shuffle.partitions': String(spark.shufflePartitions),
    'spark.sql.adaptive.enabled': String(spark.adaptive),
    // The server would keep the file listing of a folder that a task has read, also after a retry wrote it again.
    'spark.connect.session.planCache.enabled': 'false',
    // Spark would write INT96, which has no statistics by which readers can skip.
    'spark.sql.parquet.outputTimestampType': 'TIMESTAMP_MICROS',
    // Dates and hours derived from timestamps must not depend on where the server stands.
    'spark.sql.session.timeZone': 'UTC',
  };
}

const userConf = ({ spark }: Pick<Config, 'spark'>): SparkConf =>
  Object.fromEntries(Object.entries(spark.conf).map(([name, value]) => [name, String(value)]));
