import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { expect, it } from 'vitest';
import { payloadConverter } from '../../../contract/payload-converter.js';
import { unreadableProblem } from '../../../contract/unreadable.js';

const payload = (data: string, encoding = 'json/plain'): Payload => ({
  metadata: { encoding: Buffer.from(encoding) },
  data: Buffer.from(data),
});
const read = (data: string, encoding?: string): unknown =>
  payloadConverter.fromPayload(payload(data, encoding));

it('writes payloads as the SDK does, and reads what it writes', () => {
  for (const value of [
    { a: [1, 0.1, 1e21, null, '12345678901234567891'] },
    'text',
    undefined,
    12345678901234567000,
  ]) {
    const written = payloadConverter.toPayload(value);
    expect(written).toEqual(defaultPayloadConverter.toPayload(value));
    expect(payloadConverter.fromPayload(written as Payload)).toEqual(value);
  }
  const bytes = new Uint8Array([1, 2]);
  expect(payloadConverter.fromPayload(payloadConverter.toPayload(bytes) as Payload)).toEqual(bytes);
});

it('stands a value that says why for what cannot be taken as it is, and never throws', () => {
  expect(unreadableProblem(read('{"params": {"big": 9007199254740993}}'))).toBe(
    'params.big: the number 9007199254740993 would become 9007199254740992: numbers have about 16 digits (write it as text: "9007199254740993")',
  );
  expect(unreadableProblem(read('{"a": NaN}'))).toMatch(/^not JSON: /);
  expect(unreadableProblem(read('{'))).toMatch(/^not JSON: /);
  expect(unreadableProblem(read(''))).toMatch(/^not JSON: /);
  expect(unreadableProblem(read('x', 'json/odd'))).toBe('not JSON: Unknown encoding: json/odd');
  expect(unreadableProblem(payloadConverter.fromPayload({}))).toBe('not JSON: Missing payload metadata');
  // Passed on, it still says so.
  const again = payloadConverter.toPayload(read('1e400')) as Payload;
  expect(unreadableProblem(payloadConverter.fromPayload(again))).toMatch(
    'the number 1e400 would become Infinity',
  );
});

it('does not parse what is nested without end, which takes seconds', () => {
  const nested = (levels: number): string =>
    `${'[{"a":'.repeat(levels / 2)}"[[\\"[["${'}]'.repeat(levels / 2)}`;
  expect(unreadableProblem(read(nested(400_000)))).toBe(
    'lists and maps are nested more than 5000 levels deep',
  );
  expect(unreadableProblem(read(nested(5_002)))).toBe('lists and maps are nested more than 5000 levels deep');
  expect(unreadableProblem(read(nested(5_000)))).toBeUndefined();
  expect(read(JSON.stringify({ text: '['.repeat(20_000) }))).toEqual({ text: '['.repeat(20_000) });
});

it('lets what is encrypted wait for a worker with the key', () => {
  expect(() => read('x', 'binary/encrypted')).toThrow('binary/encrypted');
});

it('takes what only looks like it for a value', () => {
  for (const value of [null, 1, 'nightjar/unreadable', [], {}, { a: { 'nightjar/unreadable': 'x' } }])
    expect(unreadableProblem(value)).toBeUndefined();
});

it('says in a line what a stranger put in the place of the reason', () => {
  expect(unreadableProblem({ 'nightjar/unreadable': 'a\nb' })).toBe('a\\nb');
  // No text can be made of this one.
  expect(unreadableProblem({ 'nightjar/unreadable': { toString: 1 } })).toBe('{"toString":1}');
});
