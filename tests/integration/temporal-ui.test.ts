import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { RunView } from '../../workflows/run-view.js';
import { chromiumPath, launchChromium, noChromium } from '../support/chromium.js';
import { picture } from '../support/pictures.js';
import { WorkerProcess } from '../support/worker-process.js';

const { temporalAddress, temporalUi, sparkRemote } = inject('servers');

describe.skipIf(chromiumPath === undefined || temporalUi === '')(`the Temporal UI${noChromium}`, () => {
  let folder: string;
  let worker: WorkerProcess;
  let browser: Browser;
  let page: Page;
  let client: Client;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nightjar-ui-'));
    worker = new WorkerProcess({
      temporalAddress,
      sparkRemote,
      folder,
      env: { NIGHTJAR__GENERATE__RECORDS: '50000', NIGHTJAR__GENERATE__SHARDS: '2' },
    });
    client = new Client({ connection: await Connection.connect({ address: temporalAddress }) });
    browser = await launchChromium();
    page = await browser.newPage({ viewport: { width: 1500, height: 900 } });
  });
  afterAll(async () => {
    await browser?.close();
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
    await page.goto(`${temporalUi}/namespaces/default/workflows/start-workflow`);
    await page.locator('#workflowId').fill('from the form');
    await page.locator('#taskQueue').fill('nightjar');
    await page.locator('#workflowType').fill('task-log-analytics');
    await picture(page.getByRole('main'), 'ui-start');
    await page.getByTestId('start-workflow-button').click();

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
    await page.goto(
      `${temporalUi}/namespaces/default/workflows/${encodeURIComponent('from the form')}/${runId}/user-metadata`,
    );
    // The UI renders Markdown in a frame of its own.
    const details = page.frameLocator('iframe');
    await details.getByText('generate[1]').first().waitFor({ timeout: 60_000 });

    const view = (await handle.result()) as RunView;
    expect(view.state).toBe('success');
    await page.reload();
    await details.getByText('report', { exact: true }).first().waitFor({ timeout: 60_000 });
    await picture(page.getByRole('main'), 'ui-table');
    const rows = await details.locator('tr').allInnerTexts();
    for (const task of ['ingest', 'transform', 'train', 'report']) {
      expect(
        rows.find((row) => row.startsWith(task)),
        task,
      ).toMatch(/success/);
    }
  });
});
