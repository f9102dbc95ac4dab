import { lookup } from 'node:dns';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { Agent, buildConnector } from 'undici';
import type { Policy } from '../policy.js';

export { fetch } from 'undici';

/** An address that the settings don't let requests go to. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

/** All that IPv6 has given out so far: beyond it are old ways to write inner addresses of IPv4. */
const globalUnicast = ipaddr.parseCIDR('2000::/3');

/** Whether an IP address is one of the public internet: not of this machine, an inner network, a cloud's metadata or the like. */
export function isPublic(address: string): boolean {
  // An IPv4 address within an IPv6 one is what counts.
  const parsed = ipaddr.process(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv4' || parsed.match(globalUnicast);
}

const isWithin = (address: string, ranges: readonly string[]): boolean => {
  const parsed = ipaddr.process(address);
  return ranges.some((text) => {
    const range = ipaddr.parseCIDR(text);
    return range[0].kind() === parsed.kind() && parsed.match(range);
  });
};

/** Whether a host is among those of the settings: by its name, or by `*.` and the end of it. */
export function isAllowedHost(host: string, allowed: readonly string[]): boolean {
  const name = plainHost(host);
  return allowed.some((pattern) => {
    if (pattern === '*') return true;
    const wanted = plainHost(pattern.replace(/^\*/, ''));
    return pattern.startsWith('*') ? name.endsWith(wanted) : name === wanted;
  });
}

/** Names know no case and may end in a dot; addresses of IPv6 stand in brackets. */
const plainHost = (host: string): string =>
  host
    .toLowerCase()
    .replace(/\.$/, '')
    .replace(/^\[(.*)\]$/, '$1');

/**
 * Connections for one request and the redirects that it follows. Where each of them leads is checked when it is made, by the IP
 * address that it is made to: so no name, spelling or redirect gets around it.
 *
 * @param trusted the request's own origin, when it may be an inner one: what the DAG's author wrote is not questioned
 */
export function guardedAgent({ allowedHosts, privateRanges }: Policy['http'], trusted?: string): Agent {
  const check = (host: string, address: string): void => {
    if (isPublic(address) || isWithin(address, privateRanges)) return;
    const what = host === address ? `${host} is` : `${host} leads to ${address},`;
    throw new AddressRefused(
      `${what} an inner address, which params, outputs and data may not choose; write it into the DAG, or allow it by http.privateRanges`,
    );
  };
  const connect = buildConnector({});
  const guarded = buildConnector({
    lookup: (host, options, callback) =>
      lookup(host, { ...options, all: true }, (error, addresses) => {
        if (error) return callback(error, '', 4);
        try {
          for (const { address } of addresses) check(host, address);
        } catch (refused) {
          return callback(refused as NodeJS.ErrnoException, '', 4);
        }
        const [first] = addresses;
        if (options.all) callback(null, addresses as never);
        else callback(null, first?.address ?? '', first?.family);
      }),
  });
  return new Agent({
    // Connections end with the request: the next one may be allowed less.
    pipelining: 0,
    connect(options, callback) {
      const { protocol, host = '', hostname } = options;
      const name = plainHost(hostname);
      try {
        if (!isAllowedHost(name, allowedHosts))
          throw new AddressRefused(`${name} is not among the hosts that http.allowedHosts names`);
        if (new URL(`${protocol}//${host}`).origin === trusted) return connect(options, callback);
        // No name is looked up for these.
        if (isIP(name)) check(name, name);
        guarded(options, callback);
      } catch (refused) {
        callback(refused as Error, null);
      }
    },
  });
}
