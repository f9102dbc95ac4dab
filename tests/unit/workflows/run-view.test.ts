import { expect, it } from 'vitest';
import { fittingViews, type TaskView } from '../../../workflows/run-view.js';

const views = (count: number): TaskView[] =>
  Array.from({ length: count }, (_, index) => ({
    key: `load_a_table_${index}`,
    operator: 'ingest',
    state: 'success',
    tries: 1,
    startedAt: 1_795_407_849_908,
    finishedAt: 1_795_407_850_006,
    rowsRead: 1_000_000,
    rowsWritten: 999_990,
    rowsRejected: 10,
    rejectedByReason: { 'null key': 10 },
    metrics: {},
  }));

it('shows all of tasks that fit into a payload', () => {
  expect(fittingViews(views(1_000))).toEqual(views(1_000));
});

it('shows the states alone of more tasks than that, and why the first failed', () => {
  const reason = 'took longer than executionTimeout';
  const failed = views(10_000).map((view, index) =>
    index % 100 === 7 ? { ...view, state: 'failed', reason } : view,
  );
  const shown = fittingViews(failed);
  expect(shown).toHaveLength(10_000);
  expect(shown[8]).toEqual({ key: 'load_a_table_8', operator: 'ingest', state: 'success' });
  expect(shown[7]).toEqual(failed[7]);
  expect(shown.filter((view) => view.reason !== undefined)).toHaveLength(50);
  expect(JSON.stringify(shown).length).toBeLessThan(2 * 1024 ** 2);
});

it('sums up a mapped task of many instances, with the first that failed beside it', () => {
  const instances = views(300).map((view, index) => ({
    ...view,
    key: `load[${index}]`,
    state: index < 60 ? 'failed' : 'success',
  }));
  const [sum, ...failed] = fittingViews(instances, () => 'load');
  expect(sum).toMatchObject({ key: 'load', state: 'failed', instances: { failed: 60, success: 240 } });
  expect(failed).toHaveLength(50);
});

it('sums up all mapped tasks when even their states are more than a payload takes', () => {
  const instances = Array.from({ length: 400 }, (_, task) =>
    views(150).map((view, index) => ({
      ...view,
      key: `load_table_${task}[${index}]`,
      state: index === 149 && task % 2 === 0 ? 'failed' : 'success',
    })),
  ).flat();
  const shown = fittingViews(instances, (key) => key.replace(/\[\d+\]$/, ''));
  expect(shown).toHaveLength(400);
  expect(shown[0]).toMatchObject({
    key: 'load_table_0',
    state: 'failed',
    instances: { failed: 1, success: 149 },
  });
  expect(shown[1]).toEqual({
    key: 'load_table_1',
    operator: 'ingest',
    state: 'success',
    instances: { success: 150 },
  });
});
