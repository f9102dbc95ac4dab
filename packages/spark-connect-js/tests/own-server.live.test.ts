import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { col, functions as F, lit, SparkConnectError, SparkSession } from '../src/index.js';
import { OwnServer } from './support/own-server.js';
import { slowQuery, sparkUi } from './support/spark.js';

// These need to know how the server under test was started.
describe.skipIf(!sparkUi())('a server of its own', () => {
  let server: OwnServer;
  beforeAll(async () => {
    server = await OwnServer.start({
      'spark.connect.execute.reattachable.senderMaxStreamDuration': '1s',
      'spark.connect.execute.reattachable.senderMaxStreamSize': '200k',
    });
    return () => server.stop();
  });

  it('may end streams as often as it likes', async () => {
    const spark = await SparkSession.builder().remote(server.remote).getOrCreate();
    onTestFinished(() => spark.stop().catch(() => undefined));
    expect(await slowQuery(spark, 20, 300).collect()).toHaveLength(20);
    const rows = await spark
      .range(0, 200_000, 1, 8)
      .select('id', F.concat(lit('text '), col('id')))
      .collect();
    expect(new Set(rows.map((row) => row.at(0))).size).toBe(200_000);
    expect(rows).toHaveLength(200_000);
  });

  it('that crashes and comes back takes its sessions with it, and says so', async () => {
    const open = (sessionId?: string) => {
      const builder = SparkSession.builder()
        .remote(server.remote)
        .retry({ maxRetries: 600, maxBackoff: 500 });
      return (sessionId === undefined ? builder : builder.sessionId(sessionId)).getOrCreate();
    };
    const spark = await open();
    await spark.range(3).createOrReplaceTempView('numbers');
    let killed: Promise<void> | undefined;
    const running = slowQuery(spark, 200, 500)
      .collect({
        onProgress: () => {
          killed ??= server.kill();
        },
      })
      .catch((error: unknown) => error as SparkConnectError);
    while (killed === undefined) await new Promise((resolve) => setTimeout(resolve, 20));
    await killed;
    await server.run();
    const lost = await running;
    expect(lost).toBeInstanceOf(SparkConnectError);
    expect(lost).toMatchObject({ sessionLost: true, operationId: expect.any(String) });
    await expect(spark.table('numbers').count()).rejects.toMatchObject({
      errorClass: 'INVALID_HANDLE.SESSION_CHANGED',
      sessionLost: true,
    });
    spark.disconnect();
    const again = await open(spark.sessionId);
    expect(await again.range(4).count()).toBe(4);
    await again.stop();
  });
});
