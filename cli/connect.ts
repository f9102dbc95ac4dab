import type { Client } from '@temporalio/client';
import type { Config } from '../config/loader.js';
import { runningServers } from '../embedded/running-servers.js';
import { defaultHome } from '../embedded/setup/layout.mjs';
import { ConnectionError, connectTemporal } from '../worker/connection/connect.js';
import { otherOwner } from './checkout.js';
import { note } from './output.js';

/** Where a Temporal server listens unless told otherwise: also the one that `nightjar dev` starts, when the port is free. */
export const usualAddress = 'localhost:7233';

/** Where the embedded Temporal server of this checkout listens, when it runs. */
export function runningAddress(): string | undefined {
  const own = runningServers(defaultHome).find(({ kind }) => kind === 'temporal');
  return own && `localhost:${own.grpc}`;
}

/**
 * Calls `body` with a client of the server that the settings name, else of the one that runs in this checkout, else of
 * the one at the usual address, unless that is another checkout's.
 * @throws ConnectionError when it can't be reached
 */
export const withClient = <T>(config: Config, body: (client: Client) => Promise<T>): Promise<T> =>
  connected(config, (client) => body(client));

/** The same for a command that changes something there: it says where, if that isn't the usual place. */
export const withClientForChanges = <T>(config: Config, body: (client: Client) => Promise<T>): Promise<T> =>
  connected(config, (client, address) => {
    const { namespace } = config.temporal;
    if (address !== usualAddress || namespace !== 'default')
      note(`on the Temporal server at ${address}, namespace ${namespace}`);
    return body(client);
  });

async function connected<T>(
  config: Config,
  body: (client: Client, address: string) => Promise<T>,
): Promise<T> {
  const { namespace, address: named } = config.temporal;
  const running = named === undefined ? runningAddress() : undefined;
  const address = named ?? running ?? usualAddress;
  const { client, connection } = await connectTemporal(config, address);
  try {
    if (named === undefined && running === undefined) {
      const owner = await otherOwner(connection, namespace);
      if (owner !== undefined) throw new ConnectionError(othersServer(owner));
    }
    return await body(client, address);
  } finally {
    await connection.close();
  }
}

export const othersServer = (owner: string): string =>
  `no server of this checkout runs, and the one at ${usualAddress} belongs to another checkout (${owner}); start one with \`nightjar dev\`, or set TEMPORAL_ADDRESS=${usualAddress} to work with that one`;
