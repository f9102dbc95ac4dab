import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe } from 'vitest';
import { chromiumPath, launchChromium, noChromium } from './chromium.js';
import { testServers } from './test-servers.js';

/** A page of a browser. */
export type Ui = {
  readonly page: Page;
  /** Goes to a page of the Temporal UI, named by what follows the namespace. */
  open(path: string): Promise<void>;
};

/** Describes what can be done in the Temporal UI. Where there is no browser or no UI it is skipped. */
export function describeUi(
  title: string,
  viewport: { width: number; height: number },
  tests: (ui: Ui) => void,
): void {
  const { temporalUi } = testServers;
  const describeIt = describe.skipIf(chromiumPath === undefined || temporalUi === '');
  describeIt(`${title}${noChromium}`, () => {
    let browser: Browser;
    let page: Page;
    beforeAll(async () => {
      browser = await launchChromium();
      page = await browser.newPage({ viewport });
    });
    afterAll(() => browser?.close());
    tests({
      get page() {
        return page;
      },
      open: async (path) => {
        await page.goto(`${temporalUi}/namespaces/default/${path}`);
      },
    });
  });
}
