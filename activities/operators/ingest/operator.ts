import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type DatasetRef, defineOperator } from '../../operator.js';
import { orderByReferences } from './dataset-order.js';
import { ingestDataset } from './ingest-dataset.js';
import { ingestParams } from './params.js';
import { workFolder } from './split-rows.js';

/** The valid rows by dataset; under `quarantine` the others, for the datasets that have rules. */
export type IngestOutput = { [dataset: string]: DatasetRef | { [dataset: string]: DatasetRef } };

/** Reads files of a declared schema, and parts the rows that keep to declared rules from those that do not. */
export const ingest = defineOperator({
  name: 'ingest',
  description: 'Checks files and rows against a schema and rules, and quarantines what breaks them',
  params: ingestParams,
  async run(context, { datasets }): Promise<IngestOutput> {
    const ordered = orderByReferences(datasets);
    const spark = await context.spark();
    const valid: Record<string, DatasetRef> = {};
    const quarantine: Record<string, DatasetRef> = {};
    for (const [name, spec] of ordered) {
      const ingested = await ingestDataset(context, spark, name, spec);
      valid[name] = ingested.valid;
      if (ingested.quarantine !== undefined) quarantine[name] = ingested.quarantine;
    }
    await rm(join(context.storage.folder, workFolder), { recursive: true, force: true });
    return { ...valid, quarantine };
  },
});
