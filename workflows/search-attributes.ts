import {
  defineSearchAttributeKey,
  type SearchAttributePair,
  SearchAttributeType,
  type SearchAttributeUpdatePair,
} from '@temporalio/common';
import { jsonBytes } from '../dag/payload.js';

/** What Nightjar adds to the server's visibility: runs can be listed and counted by these in the UI and by queries. */
export const searchAttributes = {
  dag: defineSearchAttributeKey('NightjarDag', SearchAttributeType.KEYWORD),
  logicalDate: defineSearchAttributeKey('NightjarLogicalDate', SearchAttributeType.DATETIME),
  runState: defineSearchAttributeKey('NightjarRunState', SearchAttributeType.KEYWORD),
  failedTasks: defineSearchAttributeKey('NightjarFailedTasks', SearchAttributeType.KEYWORD_LIST),
} as const;

/** Attributes of a run that has not ended. */
export const startAttributes = (
  dagId: string,
  logicalDate: string,
  state: 'queued' | 'running',
): SearchAttributePair[] => [
  { key: searchAttributes.dag, value: dagId },
  { key: searchAttributes.logicalDate, value: new Date(logicalDate) },
  { key: searchAttributes.runState, value: state },
];

/** Attributes of a run that goes on after it was held. */
export const resumeAttributes = (state: 'queued' | 'running'): SearchAttributeUpdatePair[] => [
  { key: searchAttributes.runState, value: state },
  { key: searchAttributes.failedTasks, value: null },
];

/** Attributes of a run as it ends or is held. Of many failed tasks the first ones. */
export const endAttributes = (state: string, failedTasks: readonly string[]): SearchAttributePair[] => [
  { key: searchAttributes.runState, value: state },
  ...(failedTasks.length === 0 ? [] : [{ key: searchAttributes.failedTasks, value: firstOf(failedTasks) }]),
];

/** The server takes 2,048 bytes as a value, and terminates a run that gives more. */
const maxValueBytes = 2_000;
const maxListed = 20;

function firstOf(keys: readonly string[]): string[] {
  const first: string[] = [];
  for (const key of keys.slice(0, maxListed)) {
    if (jsonBytes([...first, key]) > maxValueBytes) break;
    first.push(key);
  }
  return first;
}
