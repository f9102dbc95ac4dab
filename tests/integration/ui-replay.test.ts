import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
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

describeUi('a run in the Temporal UI', { width: 1500, height: 1320 }, (ui) => {
  const workflowId = 'nightly/2026-03-01T02:00:00Z';
  let folder: string;
  let worker: WorkerProcess;
  let client: Client;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nightjar-ui-'));
    const taskQueue = `ui-${folder.slice(-6)}`;
    await mkdir(join(folder, 'dags'));
    await writeFile(
      join(folder, 'dags', 'nightly.yaml'),
      `
dagId: nightly
onFailure: hold
params:
  rows: { type: integer, default: 1000 }
tasks:
  - { id: fetch, operator: shell, with: { command: "true" } }
  - id: train
    operator: shell
    dependsOn: fetch
    with: { command: "test -f ${folder}/model.json || { echo 'model.json is missing' >&2; exit 1; }" }
  - { id: report, operator: shell, dependsOn: train, with: { command: "true" } }
`,
    );
    worker = new WorkerProcess({
      temporalAddress,
      sparkRemote,
      folder,
      env: {
        NIGHTJAR__DAGS__FOLDERS: `[${folder}/dags]`,
        NIGHTJAR__TEMPORAL__TASKQUEUE: taskQueue,
      },
    });
    client = new Client({ connection: await Connection.connect({ address: temporalAddress }) });
    await client.workflow.start('nightly', {
      workflowId,
      taskQueue,
      args: [{ logicalDate: '2026-03-01T02:00:00Z' }],
    });
  });
  afterAll(async () => {
    await client?.connection.close();
    await worker?.kill();
    if (folder !== undefined) await rm(folder, { recursive: true });
  });

  const view = () => client.workflow.getHandle(workflowId).query<RunView | undefined>('state');

  async function open(tab: string): Promise<void> {
    const { runId } = await client.workflow.getHandle(workflowId).describe();
    const path = `${encodeURIComponent(workflowId)}/${runId}/${tab}`;
    await ui.open(`workflows/${path}`);
  }

  /** The UI has some of its menus and dialogs twice, one of them hidden. */
  const shown = (selector: string) => ui.page.locator(selector).filter({ visible: true });

  /** What opens a list of the UI: the field in it is disabled. */
  const chooser = (id: string) =>
    ui.page.locator('button', { has: ui.page.locator(`#${id}`) }).filter({ visible: true });

  it('shows what failed and what to send, is told to retry it, and succeeds', async () => {
    await expect
      .poll(async () => (await view().catch(() => undefined))?.state, { timeout: 120_000 })
      .toBe('held');
    // Whoever serves it now knows it from its history alone.
    await worker.replace();
    await open('user-metadata');
    const details = ui.page.frameLocator('iframe');
    await details.getByText('model.json is missing').first().waitFor({ timeout: 60_000 });
    await details.getByText('goes on when it is told how').waitFor();
    await picture(ui.page.getByRole('main'), 'ui-held');

    await ui.page.getByRole('button', { name: 'More Actions' }).click();
    await ui.page.getByRole('menuitem', { name: 'Send an Update' }).first().click();
    const dialog = shown('#update-confirmation-modal');
    await chooser('update-select').click();
    for (const name of ['skipTask', 'markSuccess', 'clearTasks', 'failRun'])
      await ui.page.getByRole('option', { name }).waitFor();
    const retryTask = ui.page.getByRole('option', { name: 'retryTask' });
    await retryTask.click();
    await retryTask.waitFor({ state: 'hidden' });
    await dialog.locator('.cm-content').fill('"train"');
    await picture(dialog, 'ui-update');
    await writeFile(join(folder, 'model.json'), '{}');
    await dialog.getByRole('button', { name: 'Submit' }).click();

    const result = (await client.workflow.getHandle(workflowId).result()) as RunView;
    expect(result.tasks.map(({ key, state }) => [key, state])).toEqual([
      ['fetch', 'success'],
      ['train', 'success'],
      ['report', 'success'],
    ]);
  }, 240_000);

  it('is reset, and runs from there again', async () => {
    const former = await client.workflow.getHandle(workflowId).describe();
    await open('history');
    await ui.page.getByRole('button', { name: 'Reset', exact: true }).click();
    const dialog = shown('#reset-confirmation-modal');
    await chooser('reset-event-id').click();
    await ui.page
      .getByRole('option', { name: /WorkflowTaskCompleted/i })
      .first()
      .click();
    await dialog.locator('#reset-reason').fill('the input was late');
    await picture(dialog, 'ui-reset');
    await dialog.getByRole('button', { name: 'Confirm' }).click();
    const handle = client.workflow.getHandle(workflowId);
    await expect
      .poll(async () => (await handle.describe()).runId, { timeout: 60_000 })
      .not.toBe(former.runId);
    expect(((await handle.result()) as RunView).state).toBe('success');
  }, 240_000);
});
