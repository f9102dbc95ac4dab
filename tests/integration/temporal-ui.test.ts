import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunView } from '../../workflows/run-view.js';
import { picture } from '../support/pictures.js';
import { describeUi } from '../support/temporal-ui.js';
import { testServers } from '../support/test-servers.js';
import { WorkerProcess } from '../support/worker-process.js';

const { temporalAddress, sparkRemote } = testServers;

describeUi('the Temporal UI', { width: 1500, height: 900 }, (ui) => {
  let folder: string;
  let worker: WorkerProcess;
  let client: Client;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nightjar-ui-'));
    worker = new WorkerProcess({
      temporalAddress,
      sparkRemote,
      folder,
      env: {
        NIGHTJAR__GENERATE__RECORDS: '50000',
        NIGHTJAR__GENERATE__SHARDS: '2',
        NIGHTJAR__MODELS__CLUSTERING__K__MAX: '3',
        NIGHTJAR__MODELS__DURATIONS__ALGORITHM: 'linear',
      },
    });
    client = new Client({ connection: await Connection.connect({ address: temporalAddress }) });
  });
  afterAll(async () => {
    await client?.connection.close();
    await worker?.kill();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  it('starts the flagship from its form, without input, and shows the live table until it has succeeded', {
    timeout: 360_000,
  }, async () => {
    // The form warns of a task queue without workers.
    const queue = { namespace: 'default', taskQueue: { name: 'nightjar' } };
    await expect
      .poll(async () => (await client.workflowService.describeTaskQueue(queue)).pollers?.length ?? 0, {
        timeout: 60_000,
      })
      .toBeGreaterThan(0);
    await ui.open('workflows/start-workflow');
    await ui.page.locator('#workflowId').fill('from the form');
    await ui.page.locator('#taskQueue').fill('nightjar');
    await ui.page.locator('#workflowType').fill('task-log-analytics');
    await picture(ui.page.getByRole('main'), 'ui-start');
    await ui.page.getByTestId('start-workflow-button').click();

    const handle = client.workflow.getHandle('from the form');
    await expect
      .poll(
        async () =>
          handle.describe().then(
            ({ status }) => status.name,
            () => 'none',
          ),
        { timeout: 30_000 },
      )
      .toBe('RUNNING');
    // The page asks once when it is opened: a worker has to be there by then.
    await expect
      .poll(() => handle.query<RunView | undefined>('state').catch(() => undefined), { timeout: 120_000 })
      .toBeDefined();
    const { runId } = await handle.describe();
    await ui.open(`workflows/${encodeURIComponent('from the form')}/${runId}/user-metadata`);
    // The UI renders Markdown in a frame of its own.
    const details = ui.page.frameLocator('iframe');
    await details.getByText('generate[1]').first().waitFor({ timeout: 60_000 });

    const view = (await handle.result()) as RunView;
    expect(view.state).toBe('success');
    await ui.page.reload();
    await details.getByText('report', { exact: true }).first().waitFor({ timeout: 60_000 });
    await picture(ui.page.getByRole('main'), 'ui-table');
    const rows = await details.locator('tr').allInnerTexts();
    for (const task of ['ingest', 'transform', 'train', 'report']) {
      expect(
        rows.find((row) => row.startsWith(task)),
        task,
      ).toMatch(/success/);
    }
  });
});
