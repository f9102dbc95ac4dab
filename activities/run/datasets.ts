import { Context, getClient } from '@temporalio/activity';
import {
  type DatasetEvent,
  type DatasetUpdate,
  datasetsIn,
  datasetTriggerWorkflow,
  datasetUpdatedSignal,
} from '../../dag/dataset-event.js';
import { writeJson } from '../context/files.js';
import { type DagSources, type GoodDagFile, readDagFiles } from './dag-files.js';
import { datasetEventFile, lastPublished } from './dataset-events.js';

/** The datasets that a task has updated. */
export type Publication = {
  /** Names this publication alone: it may be carried out twice. */
  id: string;
  datasets: string[];
  event: Omit<DatasetEvent, 'dataset'>;
};

export type DatasetActivities = { publishDatasets(publication: Publication): Promise<void> };

/** Notes that datasets were updated, and tells the DAGs that are scheduled by them, as their files are now. Safe to repeat. */
export async function publishDatasets(
  { id, datasets, event }: Publication,
  { dataRoot, dags }: { dataRoot: string; dags: DagSources },
): Promise<void> {
  const files = await readDagFiles(dags);
  const consumers = files.filter((file) => file.ok && isActive(file, event.publishedAt)) as GoodDagFile[];
  for (const dataset of datasets) {
    const update: DatasetEvent = { dataset, ...event };
    const last = await lastPublished(dataRoot, dataset);
    if (last === undefined || last.publishedAt <= update.publishedAt)
      await writeJson(datasetEventFile(dataRoot, dataset), update);
    for (const { dag } of consumers) {
      const { dagId, schedule } = dag;
      if (schedule === undefined || !('datasets' in schedule)) continue;
      const condition = schedule.datasets;
      if (!datasetsIn(condition).includes(dataset)) continue;
      const told: DatasetUpdate = { id: `${id} ${dataset}`, event: update, condition };
      await getClient().workflow.signalWithStart(datasetTriggerWorkflow, {
        workflowId: `${datasetTriggerWorkflow}/${dagId}`,
        taskQueue: Context.current().info.taskQueue,
        signal: datasetUpdatedSignal,
        signalArgs: [told],
      });
    }
  }
}

function isActive({ dag: { startDate, endDate } }: GoodDagFile, at: string): boolean {
  return (startDate === undefined || startDate <= at) && (endDate === undefined || at <= endDate);
}
