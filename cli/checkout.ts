import type { Connection } from '@temporalio/client';
import { defaultHome } from '../embedded/setup/layout.mjs';

/** Where a namespace of an embedded server says which checkout's it is: the folder of its files. */
const ownerKey = 'nightjar.home';

/** Marks an embedded server as this checkout's. */
export async function claimServer(connection: Connection, namespace: string): Promise<void> {
  await connection.workflowService.updateNamespace({
    namespace,
    updateInfo: { data: { [ownerKey]: defaultHome } },
  });
}

/** The folder of another checkout whose embedded server this is; undefined for this one's, and for any other server. */
export async function otherOwner(connection: Connection, namespace: string): Promise<string | undefined> {
  // Who may not see the namespace, or names none that is there, is told so by what comes next.
  const { namespaceInfo } = await connection.workflowService
    .describeNamespace({ namespace })
    .catch(() => ({ namespaceInfo: undefined }));
  const owner = namespaceInfo?.data?.[ownerKey];
  return owner === defaultHome ? undefined : owner;
}
