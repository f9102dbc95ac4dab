import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { chromiumPath, launchChromium, noChromium } from '../support/chromium.js';
import { nightjarOf } from '../support/nightjar-command.js';
import { picture } from '../support/pictures.js';
import { TestWorker } from '../support/test-worker.js';

const { temporalUi } = inject('servers');

describe.skipIf(chromiumPath === undefined || temporalUi === '')(
  `a schedule in the Temporal UI${noChromium}`,
  () => {
    const dagId = 'ui-nightly';
    const scheduleId = `nightjar/${dagId}`;
    let worker: TestWorker;
    let browser: Browser;
    let page: Page;

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
      browser = await launchChromium();
      page = await browser.newPage({ viewport: { width: 1100, height: 820 } });
      await page.goto(`${temporalUi}/namespaces/default/schedules/${encodeURIComponent(scheduleId)}`);
    });
    afterAll(async () => {
      await browser?.close();
      await worker?.client.schedule.getHandle(scheduleId).delete();
      await worker?.stop();
    });

    async function deploy(): Promise<void> {
      const { code, stderr } = await nightjarOf(worker)('deploy');
      expect(code, stderr).toBe(0);
    }

    const described = () => worker.client.schedule.getHandle(scheduleId).describe();
    const confirm = () => page.locator('[data-testid=confirm-modal-button]:visible').click();

    it('is triggered there: a run starts and succeeds', async () => {
      await page.locator('#schedule-actions-menu-button').click();
      await page.getByTestId('trigger-schedule').click();
      await page.getByText('Trigger Immediately').first().waitFor({ timeout: 60_000 });
      await picture(page, 'ui-schedule-trigger');
      await confirm();
      await expect
        .poll(async () => (await described()).info.recentActions.length, { timeout: 60_000 })
        .toBe(1);
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
      await page.locator('#schedule-actions-primary-button').click();
      await page
        .getByPlaceholder('Enter a reason for pausing the schedule')
        .fill('the source is being moved');
      await confirm();
      await expect.poll(async () => (await described()).state.paused, { timeout: 60_000 }).toBe(true);
      await page.getByText('the source is being moved').first().waitFor({ timeout: 60_000 });
      await picture(page.getByRole('main'), 'ui-schedule-paused');
      await deploy();
      expect((await described()).state).toMatchObject({ paused: true, note: 'the source is being moved' });
    });
  },
);
