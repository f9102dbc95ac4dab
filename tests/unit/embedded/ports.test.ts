import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { pickPort } from '../../../embedded/ports.js';

test('the preferred port is taken when it is free, another one when it is not', async () => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const instead = await pickPort(port, new Set());
  expect(instead).not.toBe(port);
  server.close();
  await once(server, 'close');
  expect(await pickPort(port, new Set())).toBe(port);
});

test('ports that are spoken for are not chosen again', async () => {
  const chosen = new Set<number>();
  const first = await pickPort(undefined, chosen);
  expect(chosen).toContain(first);
  expect(await pickPort(first, chosen)).not.toBe(first);
  expect(chosen.size).toBe(2);
});
