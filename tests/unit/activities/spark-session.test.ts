import { pino } from 'pino';
import { expect, it } from 'vitest';
import { openSparkSession } from '../../../activities/context/spark-session.js';

it('misses the Spark server only when a task asks for a session', async () => {
  const spark = openSparkSession(
    { remote: undefined, conf: {} },
    {
      sessionId: () => '',
      nextOperation: () => () => '',
      currentStep: () => undefined,
      signal: new AbortController().signal,
      onProgress: () => {},
      log: pino({ level: 'silent' }),
    },
  );

  await expect(spark.session()).rejects.toMatchObject({
    type: 'SparkNotConfigured',
    message: expect.stringContaining('set SPARK_REMOTE'),
  });
  await expect(spark.release()).resolves.toBeUndefined();
});
