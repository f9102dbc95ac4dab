import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';

/** Folder for pictures of the documentation: `NIGHTJAR_SCREENSHOTS=docs/images`. None are made without it. */
const folder = process.env.NIGHTJAR_SCREENSHOTS;

/** Keeps what the browser shows now, of a page or of a part of it, as `<name>.png`, when pictures are wanted. */
export async function picture(shown: Page | Locator, name: string): Promise<void> {
  if (folder === undefined) return;
  await mkdir(folder, { recursive: true });
  await shown.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
}
