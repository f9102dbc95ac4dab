import { describe, expect, it } from 'vitest';
import { paramOption, paramValues, parseConf } from '../../../cli/run-options.js';
import type { ParamSchema } from '../../../dag/schema/param.js';

const schemas: Record<string, ParamSchema> = {
  zip: { type: 'string' },
  maybe: { type: ['string', 'null'] },
  either: { type: ['string', 'number'] },
  big: { type: ['integer', 'null'] },
  any: {},
};

describe('--param', () => {
  it.each([
    ['zip', '01234', '01234'],
    ['zip', '1.10', '1.10'],
    ['zip', 'true', 'true'],
    ['zip', 'null', 'null'],
    ['zip', '"quoted"', 'quoted'],
    ['zip', '9007199254740993', '9007199254740993'],
    ['zip', 'a: [b', 'a: [b'],
    ['zip', '', ''],
    ['maybe', 'null', null],
    ['maybe', '12', '12'],
    ['either', '12', 12],
    ['either', 'true', 'true'],
    ['big', '12', 12],
    ['big', '12.5', 12.5],
    ['any', '01234', 1234],
    ['unknown', '[a, 1]', ['a', 1]],
  ])('%s=%s', (name, text, value) => {
    expect(paramValues({ [name]: text }, schemas)).toEqual({ [name]: value });
  });

  it.each([
    ['big', '9007199254740993', 'the number 9007199254740993 would become 9007199254740992'],
    ['either', '9007199254740993', 'the number 9007199254740993 would become 9007199254740992'],
    ['any', '.nan', '.nan is no number in JSON'],
    ['any', '[a', 'expected a YAML value: '],
  ])('%s=%s is refused', (name, text, problem) => {
    expect(() => paramValues({ [name]: text }, schemas)).toThrow(`--param ${name}: ${problem}`);
  });

  it('adds up, and keeps what follows the first =', () => {
    const parse = paramOption().parseArg as (text: string, all: object) => object;
    expect(parse('b=c=d', { a: '1' })).toEqual({ a: '1', b: 'c=d' });
    expect(() => parse('b', {})).toThrow('expected name=value');
  });
});

it('refuses params in JSON that would be rounded', () => {
  expect(parseConf('{"a": 1}')).toEqual({ a: 1 });
  expect(() => parseConf('{"a": {"b": 9007199254740993}}')).toThrow(
    'a.b: the number 9007199254740993 would become',
  );
  expect(() => parseConf('{"a": 1, "a": 2}')).toThrow('a: this key is there twice');
});
