import { expect, it } from 'vitest';
import { jsonBytes } from '../../../dag/payload.js';
import { endAttributes, searchAttributes } from '../../../workflows/search-attributes.js';

const failedIn = (keys: string[]): unknown =>
  endAttributes('failed', keys).find(({ key }) => key === searchAttributes.failedTasks)?.value;

it('names the tasks that failed, of many the first ones', () => {
  const keys = Array.from({ length: 50 }, (_, index) => `load[${index}]`);
  expect(failedIn([])).toBeUndefined();
  expect(failedIn(keys.slice(0, 3))).toEqual(['load[0]', 'load[1]', 'load[2]']);
  expect(failedIn(keys)).toEqual(keys.slice(0, 20));
});

it('names no more than the server takes', () => {
  const keys = Array.from({ length: 20 }, (_, index) => `${'long'.repeat(60)}${index}`);
  const named = failedIn(keys) as string[];
  expect(named).toEqual(keys.slice(0, named.length));
  expect(named.length).toBeGreaterThan(5);
  expect(jsonBytes(named)).toBeLessThan(2048);
});
