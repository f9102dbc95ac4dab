import { describe, expect, it } from 'vitest';
import { parseConnectionString, SparkConnectError } from '../src/index.js';

describe('connection strings', () => {
  it('fills in the defaults', () => {
    expect(parseConnectionString('sc://spark.example')).toEqual({
      host: 'spark.example',
      port: 15002,
      tls: false,
      token: undefined,
      userId: undefined,
      sessionId: undefined,
      userAgent: undefined,
      headers: {},
    });
  });

  it('reads parameters, decodes them and passes unknown ones on as headers', () => {
    const text =
      'sc://h:443/;user_id=ann%20b;token=a%3Db;session_id=00112233-4455-6677-8899-aabbccddeeff;user_agent=x;x-org=7';
    expect(parseConnectionString(text)).toMatchObject({
      host: 'h',
      port: 443,
      tls: true,
      token: 'a=b',
      userId: 'ann b',
      sessionId: '00112233-4455-6677-8899-aabbccddeeff',
      userAgent: 'x',
      headers: { 'x-org': '7' },
    });
  });

  it.each([
    ['sc://h:80', 80],
    ['sc://h:0080/', 80],
    ['sc://[::1]:7/;', 7],
    ['sc://h:15002/;user_id=a;', 15002],
  ])('%s has port %i', (text, port) => {
    expect(parseConnectionString(text).port).toBe(port);
  });

  it.each([
    ['sc://h/;use_ssl=TRUE', true],
    ['sc://h/;use_ssl=false', false],
    ['sc://h/;token=t', true],
    ['sc://localhost/;token=t', false],
    ['sc://localhost/;token=t;use_ssl=true', true],
  ])('%s uses TLS: %s', (text, tls) => {
    expect(parseConnectionString(text).tls).toBe(tls);
  });

  it.each([
    ['http://h', 'must start with sc://'],
    ['sc://', 'not a host'],
    ['sc://h:99999', 'not a host with an optional port'],
    ['sc://h/path', 'the path "/path" must be empty'],
    ['sc://h;token=t', 'parameters must follow "/;"'],
    ['sc://u@h', 'only a host and a port'],
    ['sc://h/;token', 'the parameter "token" must be written key=value'],
    ['sc://h/;=x', 'must be written key=value'],
    ['sc://h/;token=', 'the token is empty'],
    ['sc://h/;use_ssl=yes', 'use_ssl must be true or false'],
    ['sc://h/;session_id=1', 'must be a UUID'],
    ['sc://h/;a=1;a=2', 'appears twice'],
    ['sc://h/;a=%zz', 'not correctly percent-encoded'],
    ['sc://h/;token=t;use_ssl=false', 'without TLS to this machine only'],
  ])('refuses %s and says why', (text, reason) => {
    expect(() => parseConnectionString(text)).toThrow(reason);
    try {
      parseConnectionString(text);
    } catch (error) {
      expect(error).toBeInstanceOf(SparkConnectError);
      expect((error as SparkConnectError).errorClass).toBe('INVALID_CONNECT_URL');
    }
  });

  it('keeps tokens out of its errors', () => {
    expect(() => parseConnectionString('sc://h/;token=secret;use_ssl=maybe')).toThrow(/^(?!.*secret)/s);
  });
});
