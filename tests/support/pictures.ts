import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';

/** Folder for pictures of the documentation: `NIGHTJAR_SCREENSHOTS=docs/images`. None are made without it. */
const folder = process.env.NIGHTJAR_SCREENSHOTS;

/** Keeps what the browser shows now as `<name>.png`, when pictures are wanted. */
export async function picture(page: Page, name: string): Promise<void> {
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
