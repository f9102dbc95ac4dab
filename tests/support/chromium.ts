import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The browser that is installed here, if one is. `CHROME_PATH` goes first. */
export const chromiumPath: string | undefined = [
  process.env.CHROME_PATH ?? '',
  ...(process.env.PATH ?? '').split(delimiter).flatMap((folder) => names.map((name) => join(folder, name))),
].find((path) => path !== '' && existsSync(path));

/** Why browser tests are skipped, for their titles. */
export const noChromium =
  chromiumPath === undefined ? ' (skipped: no Chromium found; install it or set CHROME_PATH)' : '';

/** Starts it without the services by which it talks to the outside. */
export const launchChromium = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath ?? '',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
