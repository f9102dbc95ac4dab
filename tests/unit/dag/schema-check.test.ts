import { describe, expect, it } from 'vitest';
import { paramProblems, resolveParams } from '../../../dag/params.js';
import { compileSchema, keptSchemas } from '../../../dag/schema-check.js';

const errorsOf = (schema: object, value: unknown): string[] => {
  const result = resolveParams({ params: { p: schema } }, { p: value as never }, { config: {} });
  return result.ok ? [] : result.errors;
};

describe('checks of params', () => {
  it('schemas are compiled once for the same content, and a bounded number is kept', () => {
    const first = compileSchema({ type: 'string', minLength: 3 });
    expect(compileSchema({ minLength: 3, type: 'string' })).toBe(first);
    for (let run = 0; run < 10_000; run++) {
      expect(errorsOf({ type: 'integer', minimum: 1 }, run + 1)).toEqual([]);
    }
    const kept = keptSchemas();
    for (let length = 0; length < 1_200; length++) compileSchema({ type: 'string', maxLength: length });
    expect(keptSchemas()).toBeLessThanOrEqual(1_000);
    expect(kept).toBeLessThan(10);
  });

  it('patterns match in linear time, also inside lists and as names of keys', () => {
    const text = `${'a'.repeat(50_000)}!`;
    const pattern = '^([a-z]+)*$';
    expect(errorsOf({ type: 'string', pattern }, text)).toHaveLength(1);
    expect(errorsOf({ type: 'array', items: { type: 'string', pattern } }, [text])).toHaveLength(1);
    const names = { type: 'array', items: { type: 'object', propertyNames: { pattern } } };
    expect(errorsOf(names, [{ [text]: 1 }]).length).toBeGreaterThan(0);
    const values = {
      type: 'array',
      items: { type: 'object', patternProperties: { '^(a+)+$': { type: 'string' } } },
    };
    expect(errorsOf(values, [{ [text]: 1 }])).toEqual([]);
    expect(errorsOf(values, [{ aaa: 1 }])).toHaveLength(1);
  });

  it('each pattern counts for itself', () => {
    const texts = ['a1', 'b2', 'http://x'];
    const patterns = {
      '^a': [true, false, false],
      '2$': [false, true, false],
      '^https?://': [false, false, true],
    };
    for (const [pattern, expected] of Object.entries(patterns)) {
      const found = texts.map((text) => errorsOf({ type: 'string', pattern }, text).length === 0);
      expect(found, pattern).toEqual(expected);
    }
    const both = { type: 'object', properties: { a: { pattern: '^a' }, b: { pattern: '^b' } } };
    expect(errorsOf(both, { a: 'a', b: 'b' })).toEqual([]);
    expect(errorsOf(both, { a: 'b', b: 'b' })).toHaveLength(1);
  });

  it('a pattern that needs more than linear time is refused with the DAG', () => {
    expect(paramProblems({ p: { type: 'string', pattern: '^(?!x)' } })).toEqual([
      {
        path: ['params', 'p'],
        on: 'key',
        message: expect.stringContaining('lookahead, lookbehind and backreferences are not supported'),
      },
    ]);
  });

  it('a schema that refers to itself is refused', () => {
    const problems = paramProblems({ p: { items: { anyOf: [{ $ref: '#' }, { $ref: '#' }] } } });
    expect(problems.map(({ message }) => message)).toEqual([
      'not a valid JSON Schema: $ref is not supported: write the schema in its place',
    ]);
    expect(paramProblems({ p: { type: 'object', properties: { $ref: { type: 'string' } } } })).toEqual([]);
  });

  it('uniqueItems and enum look at each of many items once', () => {
    const items = Array.from({ length: 100_000 }, (_, index) => ({ id: index, tags: ['x'] }));
    expect(errorsOf({ type: 'array', uniqueItems: true }, items)).toEqual([]);
    expect(errorsOf({ type: 'array', uniqueItems: true }, [...items, { tags: ['x'], id: 7 }])[0]).toContain(
      'must not hold the same item twice',
    );
    const allowed = items.slice(0, 2_000);
    expect(errorsOf({ type: 'array', items: { enum: allowed } }, items.slice(0, 2_000))).toEqual([]);
    expect(errorsOf({ type: 'array', items: { enum: allowed } }, [{ id: 3 }])).toEqual([
      "param 'p': 0 must be equal to one of the allowed values",
    ]);
  });
});
