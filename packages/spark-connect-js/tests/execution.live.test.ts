import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { v4 as uuid } from 'uuid';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  col,
  type ExecutionProgress,
  functions as F,
  lit,
  OperationAbortedError,
  type SparkConnectError,
  SparkSession,
} from '../src/index.js';
import { cuttableProxy } from './support/cuttable-proxy.js';
import { eventually, jobsOf, openSession, remote, slowQuery, sparkUi } from './support/spark.js';

const ended = (jobs: readonly { status: string }[]) =>
  jobs.length > 0 && jobs.every((job) => job.status !== 'RUNNING');
/** Operation ids in order, the same for every execution: attempt 0 gets the first. */
const fixedIds = (ids: readonly string[]) => () => (attempt: number) => ids[attempt] ?? uuid();

describe('a new process', () => {
  it.skipIf(!sparkUi())(
    'takes over the operation of one that was killed, without running it twice',
    async () => {
      const [sessionId, operationId] = [uuid(), uuid()];
      const script = fileURLToPath(new URL('./support/query-process.ts', import.meta.url));
      const child = spawn(process.execPath, ['--import', 'tsx', script, sessionId, operationId], {
        env: { ...process.env, SPARK_REMOTE: remote() },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      onTestFinished(() => void child.kill('SIGKILL'));
      expect(await firstLine(child)).toBe('running');
      child.kill('SIGKILL');
      await once(child, 'exit');
      const [job] = await jobsOf(operationId);
      expect(job?.status).toBe('RUNNING');

      const spark = await openSession((builder) =>
        builder
          .userId('takeover')
          .sessionId(sessionId)
          .operationIds(fixedIds([operationId])),
      );
      const rows = await slowQuery(spark, 40, 400).collect();
      expect(rows).toHaveLength(40);
      const jobs = await jobsOf(operationId);
      expect(jobs.map(({ jobId, status }) => ({ jobId, status }))).toEqual([
        { jobId: job?.jobId, status: 'SUCCEEDED' },
      ]);
    },
  );

  it('goes on where another one left, within the same process too', async () => {
    const [sessionId, operationId] = [uuid(), uuid()];
    const open = () =>
      openSession((builder) =>
        builder
          .userId('left')
          .sessionId(sessionId)
          .operationIds(fixedIds([operationId])),
      );
    const first = await open();
    const abandoned = slowQuery(first, 20, 200).collect({ onProgress: () => first.disconnect() });
    await expect(abandoned).rejects.toMatchObject({ errorClass: 'SESSION_STOPPED' });
    const second = await open();
    expect(await slowQuery(second, 20, 200).collect()).toHaveLength(20);
  });

  it('gets another operation id when the first was used up or belongs to another plan', async () => {
    const ids = [uuid(), uuid(), uuid()];
    const asked: number[] = [];
    const spark = await openSession((builder) =>
      builder.operationIds(() => (attempt) => {
        asked.push(attempt);
        return ids[attempt] ?? uuid();
      }),
    );
    const seen: (string | undefined)[] = [];
    const run = async (count: number) => {
      const failing = spark.range(count).select(F.raiseError('x'));
      const error = await failing.collect().catch((reason: unknown) => reason);
      seen.push((error as SparkConnectError).operationId);
    };
    await run(1);
    await run(1);
    expect(seen).toEqual([ids[0], ids[1]]);
    expect(asked).toEqual([0, 0, 1]);

    const other = await openSession((builder) => builder.operationIds(fixedIds(ids)));
    const slow = slowQuery(other, 10, 300).collect();
    await eventually(
      () => other.client.interrupt({ tag: 'no such tag' }).then(() => Promise.resolve(true)),
      (reached) => reached,
    );
    expect(await other.range(3).count()).toBe(3);
    expect(await slow).toHaveLength(10);
  });

  it('starts anew, and ends the old operation, when part of a result is gone', async () => {
    const [sessionId, ...ids] = [uuid(), uuid(), uuid()];
    const attempts: number[] = [];
    const operationIds = () => (attempt: number) => {
      attempts.push(attempt);
      return ids[attempt] ?? uuid();
    };
    const open = () =>
      openSession((builder) => builder.userId('part').sessionId(sessionId).operationIds(operationIds));
    const first = await open();
    const big = (session: SparkSession) =>
      session.range(0, 400_000, 1, 8).select('id', F.sha2(col('id').cast('string'), 512).alias('text'));
    let read = 0;
    const reading = (async () => {
      for await (const { batch } of big(first).toArrowBatches()) {
        read += batch.numRows;
        if (read > 100_000) first.disconnect();
      }
    })();
    await expect(reading).rejects.toMatchObject({ errorClass: 'SESSION_STOPPED' });
    const second = await open();
    let rows = 0;
    for await (const { batch } of big(second).toArrowBatches()) rows += batch.numRows;
    expect(rows).toBe(400_000);
    expect(attempts).toEqual([0, 0, 1]);
  });
});

describe('aborting', () => {
  it.skipIf(!sparkUi())('interrupts the operation on the server and waits for its end', async () => {
    const operationId = uuid();
    const spark = await openSession((builder) => builder.operationIds(fixedIds([operationId])));
    const control = new AbortController();
    const reason = new Error('changed my mind');
    const running = slowQuery(spark, 400, 500).collect({
      signal: control.signal,
      onProgress: ({ runningTasks }) => runningTasks > 0 && control.abort(reason),
    });
    const error = await running.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OperationAbortedError);
    expect(error).toMatchObject({ name: 'AbortError', operationId, reason });
    const jobs = await eventually(() => jobsOf(operationId), ended);
    expect(jobs.map(({ status }) => status)).toEqual(['FAILED']);
    expect(await spark.range(2).count()).toBe(2);
  });

  it('works before the operation has reached the server, and before it was started', async () => {
    const spark = await openSession();
    const control = new AbortController();
    const running = slowQuery(spark, 400, 500).collect({ signal: control.signal });
    setImmediate(() => control.abort());
    await expect(running).rejects.toBeInstanceOf(OperationAbortedError);
    await expect(spark.range(1).collect({ signal: control.signal })).rejects.toBeInstanceOf(
      OperationAbortedError,
    );
    expect(await spark.interruptAll()).toEqual([]);
  });

  it.skipIf(!sparkUi())('happens also when the reader leaves the loop', async () => {
    const operationId = uuid();
    const spark = await openSession((builder) => builder.operationIds(fixedIds([operationId])));
    // The first partition is done at once, the second would take minutes.
    const uneven = spark.range(0, 1000, 1, 2).filter(col('id').lt(500).or(slowly()));
    for await (const row of uneven.toLocalIterator()) {
      expect(row.at(0)).toBe(0n);
      break;
    }
    const jobs = await eventually(() => jobsOf(operationId), ended);
    expect(jobs.map(({ status }) => status)).toEqual(['FAILED']);
  });
});

describe('interrupting', () => {
  it('ends operations by tag, by id and all of a session', async () => {
    const operationId = uuid();
    const spark = await openSession((builder) => builder.operationIds(fixedIds([operationId])));
    const outcome = (query: Promise<unknown>) =>
      query.catch((error: unknown) => (error as SparkConnectError).errorClass);
    const interrupted = (attempt: () => Promise<string[]>) => eventually(attempt, (ids) => ids.length > 0);

    const tagged = outcome(slowQuery(spark, 400, 500).collect({ tags: ['mine'] }));
    expect(await interrupted(() => spark.interruptTag('mine'))).toEqual([operationId]);
    expect(await tagged).toBe('OPERATION_CANCELED');

    spark.addTag('ours');
    const withSessionTag = outcome(slowQuery(spark, 400, 500).collect());
    expect(await interrupted(() => spark.interruptTag('ours'))).toHaveLength(1);
    expect(await withSessionTag).toBe('OPERATION_CANCELED');
    spark.removeTag('ours');

    const any = outcome(slowQuery(spark, 400, 500).collect());
    expect(await spark.interruptTag('ours')).toEqual([]);
    expect(await interrupted(() => spark.interruptAll())).toHaveLength(1);
    expect(await any).toBe('OPERATION_CANCELED');
  });
});

describe('progress', () => {
  it('is reported for every operation of a session and for single calls', async () => {
    const ofSession: ExecutionProgress[] = [];
    const ofCall: ExecutionProgress[] = [];
    const spark = await openSession((builder) => builder.onProgress((progress) => ofSession.push(progress)));
    await slowQuery(spark, 12, 400).collect({ onProgress: (progress) => ofCall.push(progress) });
    expect(ofCall.length).toBeGreaterThan(0);
    expect(ofSession).toEqual(ofCall);
    const most = ofCall.reduce((best, next) => (next.tasks > best.tasks ? next : best));
    expect(most.tasks).toBe(2);
    expect(most.stages).toHaveLength(1);
    expect(most.completedTasks).toBeLessThanOrEqual(most.tasks);
  });

  it('fails the call, and ends the operation, when the listener throws', async () => {
    const spark = await openSession();
    const bug = new Error('bug in the listener');
    const running = slowQuery(spark, 400, 500).collect({
      onProgress: () => {
        throw bug;
      },
    });
    await expect(running).rejects.toMatchObject({ cause: bug });
    await eventually(
      () => spark.interruptAll(),
      (ids) => ids.length === 0,
    );
  });
});

it('reads no more of a large result than the loop asks for', async () => {
  const { proxy, spark } = await openThroughProxy();
  // Some 280 MB in batches of about 3 MB.
  const large = spark
    .range(0, 2_000_000, 1, 8)
    .select('id', F.sha2(col('id').cast('string'), 512).alias('text'));
  let rows = 0;
  for await (const { batch } of large.toArrowBatches()) {
    rows += batch.numRows;
    if (rows < 100_000) continue;
    // While the loop rests, what is on its way may arrive, but no more.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    break;
  }
  expect(rows).toBeGreaterThan(0);
  expect(proxy.received()).toBeLessThan(40_000_000);
});

describe('a bad connection', () => {
  it.each(['end', 'reset'] as const)('that is cut (%s) does not harm a query', async (how) => {
    const { proxy, spark } = await openThroughProxy();
    let cut = false;
    const rows = await slowQuery(spark, 20, 200).collect({
      onProgress: () => {
        if (!cut) proxy.cut(how);
        cut = true;
      },
    });
    expect(cut).toBe(true);
    expect(rows.map((row) => Number(row.at(0)))).toEqual(Array.from({ length: 20 }, (_, id) => id));
  });

  it('that is away for a while is waited for', async () => {
    const { proxy, spark } = await openThroughProxy();
    let away = false;
    const rows = await slowQuery(spark, 20, 200).collect({
      onProgress: () => {
        if (away) return;
        away = true;
        proxy.refuse(true);
        proxy.cut();
        setTimeout(() => proxy.refuse(false), 1500);
      },
    });
    expect(away).toBe(true);
    expect(rows).toHaveLength(20);
  });

  it('that breaks again and again loses and doubles no row', async () => {
    const { proxy, spark } = await openThroughProxy();
    // Batches come in chunks, so that connections break in the middle of them.
    await spark.conf.set('spark.connect.session.resultChunking.maxChunkSize', 100_000);
    proxy.cutEvery(1_500_000);
    const seen = new Set<bigint>();
    let rows = 0;
    const numbers = spark
      .range(0, 400_000, 1, 4)
      .select('id', F.concat(lit('some text '), col('id')).alias('text'));
    for await (const { batch } of numbers.toArrowBatches()) {
      rows += batch.numRows;
      for (const id of batch.getChild('id') ?? []) seen.add(id as bigint);
    }
    expect(proxy.cuts()).toBeGreaterThan(3);
    expect(rows).toBe(400_000);
    expect(seen.size).toBe(400_000);
  });
});

function slowly() {
  const pause = col('id').multiply(0).plus(500).cast('bigint');
  return F.callFunction('java_method', lit('java.lang.Thread'), lit('sleep'), pause).isNull();
}

async function firstLine(child: ChildProcess): Promise<string | undefined> {
  if (!child.stdout) throw new Error('no stdout');
  for await (const line of createInterface({ input: child.stdout })) return line;
  return undefined;
}

async function openThroughProxy() {
  const proxy = await cuttableProxy(remote());
  const spark = await SparkSession.builder().remote(proxy.remote).getOrCreate();
  onTestFinished(() => spark.stop().catch(() => undefined));
  return { proxy, spark };
}
