import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { badRowKinds } from '../../../activities/operators/generate-task-logs/bad-rows.js';
import { generateSettings } from '../../../config/sections/generate.js';
import { duckdb, parquet } from '../../support/duckdb.js';
import { tempFolder } from '../../support/temp-folder.js';
import { noBadRows, sum, writeAll } from './support.js';

const records = 150_000;

/** How to recognize each kind, from the data alone. */
const symptoms = {
  missingKey: 'task_id IS NULL OR project_id IS NULL OR user_id IS NULL',
  duplicateId: 'task_id <> position',
  unknownReference: 'project_id NOT BETWEEN 1 AND 200 OR user_id NOT BETWEEN 1 AND 500',
  badEnum: `task_type NOT IN ('feature', 'bug', 'review', 'maintenance', 'documentation', 'research')
    OR priority NOT IN ('low', 'medium', 'high', 'critical')
    OR status NOT IN ('done', 'cancelled', 'blocked', 'in_progress', 'todo')`,
  negativeDuration: 'duration_hours < 0',
  reversedTimes: 'finished_at < started_at',
  outOfRange: 'complexity NOT BETWEEN 1 AND 5 OR estimated_hours NOT BETWEEN 0.25 AND 1000',
};

async function write(badRows: object) {
  const folder = tempFolder();
  const [result] = await writeAll(folder, { records, badRows });
  // Rows are written in the order of their ids: the position tells which id a row should have.
  const rows = `(SELECT *, row_number() OVER (ORDER BY filename, file_row_number) AS position
    FROM read_parquet('${folder}/tasks/*.parquet', filename = true, file_row_number = true))`;
  const counts = badRowKinds.map((kind) => `count(*) FILTER (WHERE ${symptoms[kind]}) AS "${kind}"`);
  const any = badRowKinds.map((kind) => `coalesce(${symptoms[kind]}, false)`).join(' OR ');
  const [found] = await duckdb(
    `SELECT ${counts.join(', ')}, count(*) FILTER (WHERE ${any}) AS bad FROM ${rows}`,
  );
  return { folder, rows, written: result?.badRows, found };
}

describe('bad rows', () => {
  const rates = {
    missingKey: 0.02,
    duplicateId: 0.01,
    unknownReference: 0.015,
    badEnum: 0.005,
    negativeDuration: 0.001,
    reversedTimes: 0.03,
    outOfRange: 0.0002,
  };

  it('occur at the rate of each kind, are counted exactly, and have one fault each', async () => {
    const { written, found } = await write(rates);
    for (const kind of badRowKinds) {
      const count = Number(found?.[kind]);
      const deviation = Math.sqrt(records * rates[kind] * (1 - rates[kind]));
      expect(Math.abs(count - records * rates[kind])).toBeLessThan(4 * deviation);
      expect(written?.[kind]).toBe(count);
    }
    expect(Number(found?.bad)).toBe(sum(Object.values(written ?? {})));
  });

  it('spoil every key, reference, enumeration and range that a kind can spoil', async () => {
    const { rows } = await write(rates);
    const [counts] = await duckdb(
      `SELECT ${[
        'task_id IS NULL',
        'project_id IS NULL',
        'user_id IS NULL',
        'project_id > 200',
        'user_id > 500',
        "task_type = 'n/a'",
        "priority = 'n/a'",
        "status = 'n/a'",
        'complexity < 1',
        'complexity > 5',
        'estimated_hours > 1000',
      ]
        .map((condition) => `count(*) FILTER (WHERE ${condition}) AS "${condition}"`)
        .join(', ')} FROM ${rows}`,
    );
    for (const count of Object.values(counts ?? {})) expect(Number(count)).toBeGreaterThan(0);
  });

  it('repeat the id of a good row, from anywhere in the data', async () => {
    const { rows, written } = await write({ ...noBadRows, duplicateId: 0.01, missingKey: 0.3 });
    const [pairs] = await duckdb(
      `SELECT count(*) AS pairs, count(*) FILTER (WHERE good.task_id = good.position) AS of_good_rows,
              count(*) FILTER (WHERE abs(copy.position - good.position) > ${records / 2}) AS far_apart
       FROM ${rows} copy JOIN ${rows} good ON copy.task_id = good.position WHERE copy.task_id <> copy.position`,
    );
    expect(Number(pairs?.pairs)).toBe(written?.duplicateId);
    expect(Number(pairs?.of_good_rows)).toBe(written?.duplicateId);
    expect(Number(pairs?.far_apart)).toBeGreaterThan((written?.duplicateId ?? 0) / 8);
  });

  it('are 0.4 % by default, and none when all rates are 0', async () => {
    const defaults = generateSettings.parse({}).badRows;
    expect(sum(Object.values(defaults))).toBeCloseTo(0.004, 12);
    const { found } = await write(defaults);
    expect(Number(found?.bad) / records).toBeCloseTo(0.004, 3);
    expect((await write(noBadRows)).found).toMatchObject({ bad: 0n });
  });

  it('leave a row good that has no other row to repeat', async () => {
    const folder = tempFolder();
    const results = await writeAll(folder, {
      records: 3,
      seed: 7,
      badRows: { ...noBadRows, duplicateId: 0.5 },
    });
    const [ids] = await duckdb(
      `SELECT count(DISTINCT task_id) AS ids, count(task_id) AS rows FROM ${parquet(join(folder, 'tasks'))}`,
    );
    expect(3 - Number(ids?.ids)).toBe(results[0]?.badRows.duplicateId);
    expect(
      (await writeAll(tempFolder(), { records: 1, badRows: { ...noBadRows, duplicateId: 0.5 } }))[0]?.badRows
        .duplicateId,
    ).toBe(0);
  });
});
