import { CancellationScope, log, proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { DatasetActivities } from '../activities/run/datasets.js';
import type { PreparedRun } from '../activities/run/prepare-run.js';
import type { DagRun, TaskInstance } from '../dag/dag-run.js';
import { isPlainObject, type Json } from '../dag/json.js';
import type { TaskState } from '../dag/states.js';

const { publishDatasets } = proxyLocalActivities<DatasetActivities>({
  startToCloseTimeout: '1m',
  retry: { initialInterval: '1s', maximumInterval: '30s' },
});

/** References that travel with an update: as many as a mapped task can sensibly have. */
const maxRefs = 100;

/** Publishes the datasets of tasks that succeed, each once in a run; of mapped tasks when all their instances have ended. */
export class DatasetUpdates {
  private readonly publishing: ReadonlyMap<string, string[]>;
  private readonly published = new Set<string>();
  private readonly outstanding = new Set<Promise<void>>();
  /** How often the run went on after it was held. */
  private resumptions = 0;

  /** @param restored What had ended, by key, before the run continued as new: that was published then */
  constructor(
    private readonly prepared: Pick<PreparedRun, 'dag' | 'run'>,
    private run: Pick<DagRun, 'scope' | 'instances'>,
    private restored: Readonly<Record<string, unknown>> = {},
  ) {
    this.publishing = new Map(
      prepared.dag.tasks.flatMap(({ id, publishes = [] }) => (publishes.length > 0 ? [[id, publishes]] : [])),
    );
  }

  /** Goes on with a run that was held: what runs again publishes again. */
  resume(run: Pick<DagRun, 'scope' | 'instances'>, restored: Readonly<Record<string, unknown>> = {}): this {
    this.run = run;
    this.restored = restored;
    this.published.clear();
    this.resumptions++;
    return this;
  }

  /** To be told of every instance whose state has changed. Results of an earlier run are no update. */
  taskChanged({ key, taskId, reused }: Readonly<TaskInstance>): void {
    const datasets = this.publishing.get(taskId);
    if (datasets === undefined) return;
    if (reused || key in this.restored || this.published.has(taskId)) return;
    const values = this.run.scope.tasks as ReadonlyMap<string, { state: TaskState }>;
    if (values.get(taskId)?.state !== 'success') return;
    this.published.add(taskId);
    const work = this.publish(taskId, datasets).finally(() => this.outstanding.delete(work));
    this.outstanding.add(work);
  }

  /** Waits until all is published. To be called before the workflow closes or continues as new. */
  async settled(): Promise<void> {
    await CancellationScope.nonCancellable(async () => {
      while (this.outstanding.size > 0) await Promise.all(this.outstanding);
    });
  }

  private async publish(task: string, datasets: string[]): Promise<void> {
    const { dag, run } = this.prepared;
    // Not by the time: when a worker is lost meanwhile, another one comes by at another time.
    const id = [workflowInfo().runId, task, ...(this.resumptions > 0 ? [this.resumptions] : [])].join(' ');
    const instances = this.run.instances().filter(({ taskId }) => taskId === task);
    const refs = instances.flatMap(({ output }) => refsIn(output)).slice(0, maxRefs);
    const event = {
      publishedAt: new Date().toISOString(),
      dagId: dag.dagId,
      runId: run.id,
      task,
      ...(refs.length === 0 ? {} : { refs }),
    };
    try {
      await CancellationScope.nonCancellable(() => publishDatasets({ id, datasets, event }));
    } catch (error) {
      log.error(`task ${task} could not publish ${datasets.join(', ')}`, { error });
    }
  }
}

/** References to committed data anywhere in an output. */
function refsIn(output: Json | undefined): Json[] {
  if (Array.isArray(output)) return output.flatMap(refsIn);
  if (!isPlainObject(output)) return [];
  if (typeof output.dataset === 'string' && typeof output.path === 'string') return [output as Json];
  return Object.values(output).flatMap((each) => refsIn(each as Json));
}
