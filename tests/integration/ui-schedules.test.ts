import { afterAll, beforeAll, expect, it } from 'vitest';
import { nightjarOf } from '../support/nightjar-command.js';
import { picture } from '../support/pictures.js';
import { describeUi } from '../support/temporal-ui.js';
import { TestWorker } from '../support/test-worker.js';

describeUi('a schedule in the Temporal UI', { width: 1100, height: 820 }, (ui) => {
  const dagId = 'ui-nightly';
  const scheduleId = `nightjar/${dagId}`;
  let worker: TestWorker;

  beforeAll(async () => {
    worker = await TestWorker.start([]);
    await worker.dag(`
dagId: ${dagId}
schedule: 0 2 * * *
timezone: Europe/Zurich
tasks:
  - { id: all, operator: noop }
`);
    await deploy();
    await ui.open(`schedules/${encodeURIComponent(scheduleId)}`);
  });
  afterAll(async () => {
    await worker?.client.schedule.getHandle(scheduleId).delete();
    await worker?.stop();
  });

  async function deploy(): Promise<void> {
    const { code, stderr } = await nightjarOf(worker)('deploy');
    expect(code, stderr).toBe(0);
  }

  const described = () => worker.client.schedule.getHandle(scheduleId).describe();
  const confirm = () => ui.page.locator('[data-testid=confirm-modal-button]:visible').click();

  it('is triggered there: a run starts and succeeds', async () => {
    await ui.page.locator('#schedule-actions-menu-button').click();
    await ui.page.getByTestId('trigger-schedule').click();
    await ui.page.getByText('Trigger Immediately').first().waitFor({ timeout: 60_000 });
    await picture(ui.page, 'ui-schedule-trigger');
    await confirm();
    await expect.poll(async () => (await described()).info.recentActions.length, { timeout: 60_000 }).toBe(1);
    const [started] = (await described()).info.recentActions;
    if (started?.action.type !== 'startWorkflow') throw new Error('the schedule started no workflow');
    const { workflowId } = started.action.workflow;
    expect(workflowId).toMatch(/^ui-nightly-\d{4}-/);
    expect(await worker.client.workflow.getHandle(workflowId).result()).toMatchObject({
      dagId,
      state: 'success',
    });
  });

  it('is paused there, with a reason that a later deploy keeps', async () => {
    await ui.page.locator('#schedule-actions-primary-button').click();
    await ui.page
      .getByPlaceholder('Enter a reason for pausing the schedule')
      .fill('the source is being moved');
    await confirm();
    await expect.poll(async () => (await described()).state.paused, { timeout: 60_000 }).toBe(true);
    await ui.page.getByText('the source is being moved').first().waitFor({ timeout: 60_000 });
    await picture(ui.page.getByRole('main'), 'ui-schedule-paused');
    await deploy();
    expect((await described()).state).toMatchObject({ paused: true, note: 'the source is being moved' });
  });
});
