import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { writeJson } from '../../activities/context/files.js';
import { manifestName } from '../../activities/context/layout.js';
import { openSparkSession } from '../../activities/context/spark-session.js';
import { StatsCounter } from '../../activities/context/stats.js';
import { derivedId, Steps } from '../../activities/context/steps.js';
import { LocalStorage } from '../../activities/context/storage.js';
import type { Json, Operator, OperatorContext } from '../../activities/operator.js';
import type { StageCounts } from '../../dag/stage-counts.js';

/** For contexts of operators that have nothing to do with the server. */
export const noTemporal = (): never => {
  throw new Error('there is no Temporal here');
};

/** How a task ended: what its operator returned and counted, and where it wrote. */
export type TaskRun<Output> = { output: Output; stats: StageCounts; folder: string };

/** Tasks of one imaginary run: real folders, sessions and steps, without Temporal around them. */
export class TestTasks {
  /** @param dataRoot Where tasks write. @param dagFolder What relative paths in params start from. */
  constructor(
    readonly dataRoot: string,
    readonly dagFolder: string,
  ) {}

  /** Runs an operator and publishes what it wrote. The same task once more is a retry, which resumes. */
  async run<Params, Output extends Json>(
    operator: Operator<Params, Output>,
    task: string,
    params: unknown,
  ): Promise<TaskRun<Output>> {
    const folder = join(this.dataRoot, 'test-dag', 'test-run', task, 'generation');
    await mkdir(folder, { recursive: true });
    const stats = new StatsCounter();
    const storage = new LocalStorage(this.dataRoot, folder);
    const steps = new Steps(folder, () => derivedId(folder), { stats, storage });
    const log = pino({ level: 'silent' });
    const { signal } = new AbortController();
    const spark = openSparkSession(
      {
        remote: process.env.SPARK_REMOTE ?? 'sc://localhost',
        conf: {
          'spark.sql.session.timeZone': 'UTC',
          'spark.sql.shuffle.partitions': '4',
          'spark.connect.session.planCache.enabled': 'false',
        },
      },
      {
        sessionId: (attempt) => derivedId(folder, 'session', attempt),
        nextOperation: steps.nextOperation,
        currentStep: () => steps.current(),
        signal,
        onProgress: () => {},
        log,
      },
    );
    const epoch = new Date(0);
    const context: OperatorContext = {
      dagId: 'test-dag',
      runId: 'test-run',
      taskId: task,
      mapIndex: undefined,
      attempt: 1,
      logicalDate: epoch,
      dataInterval: { start: epoch, end: epoch },
      dagFolder: this.dagFolder,
      log,
      signal,
      heartbeat: () => {},
      spark: spark.session,
      temporal: noTemporal,
      storage: steps.recorded('storage', storage, ['publish']),
      stats: steps.recorded('stats', stats, [
        'read',
        'wrote',
        'rejectReason',
        'rejectRows',
        'rejectFile',
        'metric',
      ]),
      step: (name, body) => steps.run(name, body),
      finishedTasks: [],
    };
    try {
      const output = await operator.run(context, operator.params.parse(params));
      await writeJson(join(folder, manifestName), { datasets: await storage.datasets() });
      return { output, stats: stats.counts, folder };
    } finally {
      await spark.release();
    }
  }
}
