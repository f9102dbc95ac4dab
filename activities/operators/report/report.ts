import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { writeAtomically, writeJson } from '../../context/files.js';
import { defineOperator, OperatorError } from '../../operator.js';
import { collect } from './collect.js';
import { reportParams } from './params.js';
import { registerInputs, runSparkQuery } from './spark-query.js';

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
      await registerInputs(session, params.inputs, context.storage);
      for (const { rows } of Object.values(params.inputs)) context.stats.read(rows);
      const { dagId, runId, logicalDate, dataInterval, finishedTasks: stages } = context;
      const facts = { dagId, runId, logicalDate, dataInterval, stages, generatedAt: new Date() };
      return collect(params, facts, {
        runQuery: (sql, maxRows, where) => runSparkQuery(session, sql, maxRows, where),
        readSql: (file, where) => readSql(resolve(context.dagFolder, file), where),
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

async function readSql(path: string, where: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new OperatorError('InvalidParams', `${where}: the SQL file ${path} cannot be read`, null, {
      cause: error,
    });
  }
}
