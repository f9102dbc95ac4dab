// Takes a lock, notes when it entered and left, and ends: `lock-holder.mjs <lock> <journal> <ms to hold>`.
import { appendFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitForLock } from '../../../embedded/setup/lock.mjs';

const [lockFile = '', journal = '', holdMs = '0'] = process.argv.slice(2);
const lock = await waitForLock(lockFile, { pollMs: 1 });
appendFileSync(journal, `enter ${process.pid}\n`);
await sleep(Number(holdMs));
appendFileSync(journal, `leave ${process.pid}\n`);
lock.release();
