import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isExactNumber, jsonFlaws, mayBeInexact, parseExactJson } from '../../../dag/exact-json.js';

describe('numbers in JSON text', () => {
  it.each([
    '0',
    '-0.0',
    '9007199254740991',
    '9007199254740992',
    '12345678901234567000',
    '1000000000000000000000',
    '0.1',
    // Doubles that other programs write out to more digits.
    '0.10000000000000001',
    '0.1000000000000000055511151231257827',
    '1e21',
    '1.7976931348623157e308',
    '5e-324',
    '4.9E-324',
    '0e999',
  ])('takes %s', (literal) => {
    expect(isExactNumber(literal)).toBe(true);
    expect(parseExactJson(`[${literal}]`)).toEqual([Number(literal)]);
  });

  it.each([
    '9007199254740993',
    '-9007199254740993',
    '12345678901234567891',
    // The double that it is would be written with other digits.
    '12345678901234567168',
    '9007199254740993e0',
    '9007199254740993.5',
    '12345678901234.567',
    '3.14159265358979323846',
    '1.23456789012345e-320',
    '1e400',
    '-1e400',
    '1e-400',
  ])('refuses %s', (literal) => {
    expect(isExactNumber(literal)).toBe(false);
    expect(mayBeInexact(`{"a":${literal}}`)).toBe(true);
    expect(() => parseExactJson(`{"a": [1, {"b c": ${literal}}]}`)).toThrow(
      `a[1].b c: the number ${literal} would become ${Number(literal)}: numbers have about 16 digits (write it as text: "${literal}")`,
    );
  });

  it('refuses what JSON has no numbers for', () => {
    for (const text of ['NaN', 'Infinity', '-Infinity']) expect(isExactNumber(text)).toBe(false);
    for (const text of ['NaN', 'Infinity', '-Infinity', '[1', '01'])
      expect(() => parseExactJson(text)).toThrow(SyntaxError);
  });

  it('leaves digits within texts alone, whatever the texts hold', () => {
    const value = { 'a"9007199254740993': ['\\', '12345678901234567891', 'x\\"', 'e400 [{,:'], __proto: 1 };
    const text = JSON.stringify(value, null, 2);
    expect(mayBeInexact(text)).toBe(true);
    expect(parseExactJson(text)).toEqual(value);
  });

  it('refuses a key that is there twice', () => {
    expect(() => parseExactJson('{"a": {"b": 1, "c": {"b": 2}, "\\u0062": 3}}')).toThrow(
      'a.b: this key is there twice',
    );
  });

  it('takes whatever JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.double({ noNaN: true, noDefaultInfinity: true }), (value, number) => {
        const text = JSON.stringify([value, { number }]);
        expect(mayBeInexact(JSON.stringify(number))).toBe(false);
        expect([...jsonFlaws(text)]).toEqual([]);
        expect(parseExactJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('finds every integer that would change, and no other', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }), (integer) => {
        const survives =
          BigInt(JSON.parse(`${integer}`).toLocaleString('fullwide', { useGrouping: false })) === integer;
        expect(isExactNumber(`${integer}`)).toBe(survives);
        expect(mayBeInexact(`${integer}`)).toBe(!survives);
      }),
    );
  });

  it('reads long and deep texts in time that grows with them', () => {
    const deep = `${'['.repeat(100_000)}9007199254740993${']'.repeat(100_000)}`;
    expect([...jsonFlaws(deep)]).toHaveLength(1);
    const long = JSON.stringify(['"\\'.repeat(1_000_000), '1'.repeat(1_000_000)]);
    expect(mayBeInexact(long)).toBe(true);
    expect([...jsonFlaws(long)]).toEqual([]);
  });
});
