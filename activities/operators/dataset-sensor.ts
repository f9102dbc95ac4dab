import { join } from 'node:path';
import { z } from 'zod';
import { instant, oneOrMore } from '../../dag/schema/primitives.js';
import { readJson } from '../context/files.js';
import { runFolder } from '../context/layout.js';
import { defineSensor, type Json, type OperatorContext } from '../operator.js';
import { lastPublished } from '../run/dataset-events.js';
import { type RunRecord, runRecordName } from '../run/run-record.js';

/** Waits for other DAGs' datasets. */
export const datasetSensor = defineSensor({
  name: 'dataset-sensor',
  description: 'Waits until datasets are published, by any DAG',
  params: z.strictObject({
    dataset: oneOrMore(z.string().min(1), 'the name of a dataset').describe(
      'Names as in `publishes`; with several, all must have been published',
    ),
    since: instant.optional().describe('From when on it counts; default: when this run started'),
  }),
  async poke(context, { dataset: names, since }) {
    const { root } = context.storage;
    const from = Date.parse(since ?? (await runStart(context)));
    const events = await Promise.all(
      names.map(async (name) => [name, await lastPublished(root, name)] as const),
    );
    const missing = events.find(([, event]) => event === undefined || Date.parse(event.publishedAt) < from);
    if (missing === undefined) return { done: true, output: Object.fromEntries(events) as Json };
    const [name, last] = missing;
    const when = last === undefined ? 'never published' : `last published at ${last.publishedAt}`;
    return { done: false, message: `dataset "${name}" was ${when}` };
  },
});

async function runStart({ storage, dagId, runId, logicalDate }: OperatorContext): Promise<string> {
  const record = await readJson<RunRecord>(join(runFolder(storage.root, dagId, runId), runRecordName));
  return record?.startedAt ?? logicalDate.toISOString();
}
