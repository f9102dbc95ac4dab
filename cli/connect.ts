import { Client, Connection } from '@temporalio/client';
import type { Config } from '../config/loader.js';
import { CliError, exitCodes } from './exit.js';

/** Where a Temporal server listens unless told otherwise: also the one that `nightjar dev` starts, when the port is free. */
const usualAddress = 'localhost:7233';

/** Calls `body` with a client of the server that the settings name. @throws CliError when it can't be reached */
export async function withClient<T>({ temporal }: Config, body: (client: Client) => Promise<T>): Promise<T> {
  const address = temporal.address ?? usualAddress;
  const connection = await Connection.connect({ address, connectTimeout: '5s' }).catch(() => {
    throw new CliError(
      `no Temporal server at ${address}; start one with \`nightjar dev\`, or set TEMPORAL_ADDRESS (host:port)`,
      exitCodes.unavailable,
    );
  });
  try {
    return await body(new Client({ connection, namespace: temporal.namespace }));
  } finally {
    await connection.close();
  }
}
