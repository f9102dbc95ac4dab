import { describe, expect, it } from 'vitest';
import { isAllowedHost, isPublic } from '../../../activities/http/address-guard.js';

describe('an address', () => {
  it.each([
    ...[
      '127.0.0.1',
      '127.8.8.8',
      '0.0.0.0',
      '10.1.2.3',
      '172.16.0.1',
      '192.168.1.1',
      '100.64.0.1',
      '169.254.169.254',
    ],
    ...['224.0.0.1', '255.255.255.255', '198.18.0.1', '192.0.2.1', '240.0.0.1'],
    ...[
      '::1',
      '::',
      'fe80::1',
      'fc00::1',
      'fd12:3456::1',
      'ff02::1',
      '::ffff:127.0.0.1',
      '::ffff:a9fe:a9fe',
      '::127.0.0.1',
    ],
    ...[
      '64:ff9b::7f00:1',
      '64:ff9b:1::7f00:1',
      '2002:7f00:1::',
      '2001:0:1:2:3:4:5:6',
      'fec0::1',
      '2001:db8::1',
    ],
  ])('%s is an inner one', (address) => {
    expect(isPublic(address)).toBe(false);
  });

  it.each(['1.1.1.1', '93.184.216.34', '172.32.0.1', '2606:4700:4700::1111', '::ffff:1.1.1.1'])(
    '%s is a public one',
    (address) => {
      expect(isPublic(address)).toBe(true);
    },
  );
});

it.each([
  ['api.example.com', ['api.example.com'], true],
  ['API.Example.com.', ['api.example.com'], true],
  ['api.example.com', ['*.example.com'], true],
  ['a.b.example.com', ['*.Example.com'], true],
  ['example.com', ['*.example.com'], false],
  ['evilexample.com', ['*.example.com'], false],
  ['api.example.com.evil.net', ['api.example.com', '*.example.com'], false],
  ['[::1]', ['::1'], true],
  ['anything.test', ['*'], true],
  ['anything.test', [], false],
])('%s is allowed by %j: %s', (host, allowed, is) => {
  expect(isAllowedHost(host, allowed)).toBe(is);
});
