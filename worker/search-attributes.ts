import type { Connection } from '@temporalio/client';
import type { Logger } from 'pino';
import { searchAttributes } from '../workflows/search-attributes.js';

/** Temporal's numbers for the types of search attributes (`IndexedValueType`). */
const indexedValueTypes = { KEYWORD: 2, DATETIME: 6, KEYWORD_LIST: 7 } as const;

/** Those of Nightjar's search attributes that the server does not know. */
export async function missingSearchAttributes(connection: Connection, namespace: string) {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return Object.values(searchAttributes).filter(({ name }) => !(name in (customAttributes ?? {})));
}

/** What someone who may add them types. */
export const addSearchAttributesCommand = `temporal operator search-attribute create ${Object.values(
  searchAttributes,
)
  .map(({ name, type }) => `--name ${name} --type ${type}`)
  .join(' ')}`;

/**
 * Makes sure that the server knows Nightjar's search attributes, adding those that it lacks. Where the account may not
 * do that, runs go without them: false, and a line in the log that says how to add them.
 */
export async function ensureSearchAttributes(
  connection: Connection,
  namespace: string,
  log: Logger,
): Promise<boolean> {
  try {
    const missing = await missingSearchAttributes(connection, namespace);
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
    log.warn(
      { error: error instanceof Error ? error.message : String(error) },
      `the Temporal server does not take Nightjar's search attributes; runs can't be listed by DAG or state until someone adds them: ${addSearchAttributesCommand}`,
    );
    return false;
  }
}
