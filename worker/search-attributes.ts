import type { Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import { searchAttributes } from '../workflows/search-attributes.js';

/** Temporal's numbers for the types of search attributes (`IndexedValueType`). */
const indexedValueTypes = { KEYWORD: 2, DATETIME: 6, KEYWORD_LIST: 7 } as const;

/**
 * Makes sure that the server knows Nightjar's search attributes, adding those that it lacks. Where the account may not
 * do that, runs go without them: false, and a line in the log that says how to add them.
 */
export async function ensureSearchAttributes(
  connection: Connection,
  namespace: string,
  log: Logger,
): Promise<boolean> {
  const wanted = Object.values(searchAttributes);
  try {
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
    const missing = wanted.filter(({ name }) => !(name in (customAttributes ?? {})));
    if (missing.length > 0) {
      const added = missing.map(({ name, type }) => [
        name,
        indexedValueTypes[type as keyof typeof indexedValueTypes],
      ]);
      await connection.operatorService.addSearchAttributes({
        namespace,
        searchAttributes: Object.fromEntries(added),
      });
    }
    return true;
  } catch (error) {
    const flags = wanted.map(({ name, type }) => `--name ${name} --type ${type}`).join(' ');
    log.warn(
      { error: error instanceof Error ? error.message : String(error) },
      `the Temporal server does not take Nightjar's search attributes; runs can't be listed by DAG or state until someone adds them: temporal operator search-attribute create ${flags}`,
    );
    return false;
  }
}
