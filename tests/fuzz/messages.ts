import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { payloadConverter } from '../../contract/payload-converter.js';
import { problemOf } from '../../contract/read.js';
import { unreadableProblem } from '../../contract/unreadable.js';
import { isExactNumber } from '../../dag/exact-json.js';
import { isPlainObject, type Json } from '../../dag/json.js';
import { allMessages, type Message } from './message-samples.js';
import { target } from './target.js';

/** Keys that mean something to JavaScript, to schemas or to lines of text. */
const key = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'nightjar/unreadable',
  ),
  fc.constantFrom('', 'a\nb', 'then', 'toJSON', 'length', '0', 'params', 'tasks', '\u2028'),
  fc.string({ maxLength: 4 }),
);

const value = fc.oneof(
  fc.constantFrom<Json>(
    null,
    true,
    '',
    'a\nb',
    '\u2028',
    '\ud800',
    'x'.repeat(1001),
    -1,
    0,
    0.5,
    1e300,
    [],
    {},
  ),
  fc.constantFrom<Json>('2026-02-31T00:00:00Z', '2026-02-28', 2 ** 53, '../up', '${{ x }}', [[]], [null], {
    toString: 1,
  }),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
);

/** A change somewhere within a message: shares say how far along the keys of each level it goes. */
type Change = { way: number[]; kind: 'replace' | 'remove' | 'add'; key: string; value: Json };

const change: fc.Arbitrary<Change> = fc.record({
  way: fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { maxLength: 4 }),
  kind: fc.constantFrom('replace', 'remove', 'add'),
  key,
  value,
});

function changed(message: Json, { way, kind, key: added, value: inserted }: Change): Json {
  const copy = structuredClone(message);
  let place: Json = copy;
  for (const [depth, share] of way.entries()) {
    if (typeof place !== 'object' || place === null) return copy;
    const keys = Object.keys(place);
    const name = keys[Math.floor(share * keys.length)];
    if (name === undefined) return copy;
    const within = place as Record<string, Json>;
    const next: Json = within[name] ?? null;
    if (depth < way.length - 1) {
      place = next;
      continue;
    }
    if (kind === 'replace') define(within, name, inserted);
    else if (kind === 'remove') Reflect.deleteProperty(within, name);
    else if (isPlainObject(next)) define(next, added, inserted);
    return copy;
  }
  if (kind === 'replace') return inserted;
  if (kind === 'add' && isPlainObject(copy)) define(copy, added, inserted);
  return copy;
}

/** As JSON.parse does it, `__proto__` too. */
const define = (object: object, name: string, inner: Json): void =>
  void Object.defineProperty(object, name, {
    value: inner,
    writable: true,
    enumerable: true,
    configurable: true,
  });

const payloadOf = (text: string) => ({
  metadata: { encoding: Buffer.from('json/plain') },
  data: Buffer.from(text),
});

export const messageTarget = target({
  name: 'messages',
  arbitrary: fc.record({
    name: fc.constantFrom(...allMessages.map((message) => message.name)),
    changes: fc.array(change, { maxLength: 3 }),
  }),
  check: ({ name, changes }) => {
    const message = allMessages.find((each) => each.name === name) as Message;
    const text = JSON.stringify(changes.reduce(changed, message.sample));
    const given = payloadConverter.fromPayload<unknown>(payloadOf(text));
    checkRead(message, given);
    checkPrototypes();
  },
});

function checkRead(message: Message, given: unknown): void {
  // What can't be looked at is refused before it is read.
  const problem = problemOf(given);
  if (problem !== undefined) {
    checkLine(problem);
    return;
  }
  const read = refusalOr(message, given);
  if (read === undefined) return;
  if (!isPlain(read.value))
    throw new Error(`${message.name} is no plain data: ${JSON.stringify(read.value)}`);
  // Schemas drop the key that would set a prototype, where they know what else there is.
  if (message.isKept && !isDeepStrictEqual(withoutProto(read.value), withoutProto(given)))
    throw new Error(`${message.name} became ${JSON.stringify(read.value)}`);
}

function refusalOr(message: Message, given: unknown): { value: unknown } | undefined {
  try {
    return { value: message.read(given) };
  } catch (error) {
    if (!(error instanceof Error) || !['Error', 'ApplicationFailure'].includes(error.name)) throw error;
    if (error.message === '') throw new Error('refused without a reason');
    checkLine(error.message);
    // A field is at fault where the message as a whole is of the right kind: a list, or a map.
    const hasFields = isPlainObject(message.sample) ? isPlainObject(given) : Array.isArray(given);
    const isNamed = !hasFields || /^(?!expected|missing|fits).*: /.test(error.message);
    if (!isNamed) throw new Error(`names no field: ${error.message}`);
    return undefined;
  }
}

function checkLine(problem: string): void {
  if (/[\p{Cc}\u2028\u2029]/u.test(problem))
    throw new Error(`refused in more than a line: ${JSON.stringify(problem)}`);
}

function isPlain(data: unknown): boolean {
  if (typeof data !== 'object' || data === null) return true;
  const prototype: unknown = Object.getPrototypeOf(data);
  return (
    [Object.prototype, Array.prototype, null].includes(prototype as object) &&
    Object.values(data).every(isPlain)
  );
}

function withoutProto(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(withoutProto);
  if (!isPlainObject(data)) return data;
  const entries = Object.entries(data).filter(([name]) => name !== '__proto__');
  return Object.fromEntries(entries.map(([name, inner]) => [name, withoutProto(inner)]));
}

function checkPrototypes(): void {
  if (Object.keys(Object.prototype).length + Object.keys(Array.prototype).length > 0)
    throw new Error('a prototype has been changed');
}

const edits = fc.array(
  fc.tuple(
    fc.nat({ max: 200 }),
    fc.nat({ max: 3 }),
    fc.oneof(key, fc.constantFrom('{', ']', '"', ',', '9007199254740993', '1e400', 'NaN')),
  ),
  {
    maxLength: 3,
  },
);

export const payloadTarget = target({
  name: 'payloads',
  arbitrary: fc.record({ json: fc.jsonValue({ maxDepth: 4 }), edits }),
  check: ({ json, edits: places }) => {
    const written = payloadConverter.toPayload(json);
    // JSON has no negative zero.
    const kept: unknown = JSON.parse(JSON.stringify(json));
    if (written === undefined || !isDeepStrictEqual(payloadConverter.fromPayload(written), kept))
      throw new Error('it does not come back as it was');
    const text = places.reduce(
      (all, [at, remove, insert]) => all.slice(0, at) + insert + all.slice(at + remove),
      JSON.stringify(json),
    );
    const got = payloadConverter.fromPayload<unknown>(payloadOf(text));
    const expected = meaningOf(Buffer.from(text).toString());
    const isRight =
      expected === undefined ? unreadableProblem(got) !== undefined : isDeepStrictEqual(got, expected.value);
    if (!isRight) throw new Error(`${JSON.stringify(text)} became ${JSON.stringify(got)}`);
    checkPrototypes();
  },
});

/** What a text stands for; undefined when it is no JSON, or has numbers that doubles don't hold. */
function meaningOf(text: string): { value: unknown } | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    const numbers = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, ' ').match(/-?\d[\d.eE+-]*/g) ?? [];
    return numbers.every(isExactNumber) ? { value: parsed } : undefined;
  } catch {
    return undefined;
  }
}
