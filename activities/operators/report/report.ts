import { join } from 'node:path';
import { writeAtomically, writeJson } from '../../context/files.js';
import { openInputs } from '../../datasets/inputs.js';
import { defineOperator } from '../../operator.js';
import { collect } from './collect.js';
import { reportParams } from './params.js';
import { runSparkQuery } from './spark-query.js';

/** Writes a report of what the run found, configured by the DAG: figures, charts and tables from SQL over its datasets. */
export const report = defineOperator({
  name: 'report',
  description:
    'Writes report.html (one file, readable offline) and report.json from SQL over datasets of the run',
  params: reportParams,
  readsFinishedTasks: true,
  async run(context, params) {
    // One step, so that the queries find their views: a server that restarted has lost both.
    const data = await context.step('collect', async () => {
      const session = await context.spark();
      await openInputs(context, session, params.inputs);
      const { dagId, runId, logicalDate, dataInterval, finishedTasks: stages } = context;
      const facts = { dagId, runId, logicalDate, dataInterval, stages, generatedAt: new Date() };
      return collect(params, facts, {
        runQuery: (sql, maxRows) => runSparkQuery(session, sql, maxRows),
        tables: Object.keys(params.inputs),
        dagFolder: context.dagFolder,
        onSection: (title, done) =>
          context.heartbeat({ fraction: done / params.sections.length, message: title }),
      });
    });
    for (const section of data.sections) {
      if ('table' in section && section.table.truncated) {
        context.log.warn(
          `section "${section.title}" shows only the first ${section.table.rows.length} rows of its query`,
        );
      }
    }
    // Loaded on use: the charting library is large, and workers and validators load all operators when they start.
    const { render } = await import('./render.js');
    const html = join(context.storage.folder, 'report.html');
    const json = join(context.storage.folder, 'report.json');
    await writeJson(json, data);
    await writeAtomically(html, render(data));
    return { html, json, figures: data.figures };
  },
});
