import fc from 'fast-check';
import { csvDifferences, csvFile } from '../support/csv-oracle.js';
import { jsonDifferences, jsonFile } from '../support/json-oracle.js';
import { type Target, target } from './target.js';

/** Files that are ingested at once: an ingest of few takes Spark as long. */
const batchSize = 100;

/** What needs the Spark Connect server that `SPARK_REMOTE` names. */
export const liveTargets: readonly Target[] = [
  batches('CSV files', csvFile, csvDifferences),
  batches('JSON files', jsonFile, jsonDifferences),
];

function batches(
  name: string,
  file: fc.Arbitrary<(index: number) => string>,
  differencesOf: (texts: string[]) => Promise<string[]>,
): Target {
  return target({
    name,
    batchSize,
    arbitrary: fc.array(file, { minLength: batchSize, maxLength: batchSize }),
    check: async (files) => {
      const differences = await differencesOf(files.map((text, index) => text(index)));
      if (differences.length > 0)
        throw new Error(`${differences.length} differences, the shortest: ${differences[0]}`);
    },
  });
}
