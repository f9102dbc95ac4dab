import type { Client } from '@temporalio/client';
import type { Config } from '../config/loader.js';
import { connectTemporal } from '../worker/connection/connect.js';

/** Where a Temporal server listens unless told otherwise: also the one that `nightjar dev` starts, when the port is free. */
const usualAddress = 'localhost:7233';

/** Calls `body` with a client of the server that the settings name. @throws ConnectionError when it can't be reached */
export async function withClient<T>(config: Config, body: (client: Client) => Promise<T>): Promise<T> {
  const { client, connection } = await connectTemporal(config, config.temporal.address ?? usualAddress);
  try {
    return await body(client);
  } finally {
    await connection.close();
  }
}
