import { describe, expect, it } from 'vitest';
import { resolveParams } from '../../../dag/params.js';
import { parseDag } from '../../../dag/parse-dag.js';
import type { ParamSchema } from '../../../dag/schema/param.js';

const params: Record<string, ParamSchema> = {
  records: { type: 'integer', minimum: 1, maximum: 1000, default: '${{ config.generate.records }}' },
  mode: { type: 'string', enum: ['full', 'delta'], default: 'full' },
  day: { type: ['string', 'null'], format: 'date', default: null },
  tables: { type: 'array', items: { type: 'string' }, minItems: 1, default: ['a'] },
  owner: { type: 'string', pattern: '^[a-z]+$' },
};

const config = { generate: { records: 500 } };

const errorsOf = (given: Parameters<typeof resolveParams>[1]) => {
  const result = resolveParams({ params }, given, { config });
  return result.ok ? [] : result.errors;
};

describe('resolveParams', () => {
  it('takes what is given and defaults for the rest, whose templates read the settings', () => {
    expect(resolveParams({ params }, { owner: 'me', mode: 'delta' }, { config })).toEqual({
      ok: true,
      values: { records: 500, mode: 'delta', day: null, tables: ['a'], owner: 'me' },
    });
  });

  it.each([
    [{}, ["param 'owner' is required: expected text, matching ^[a-z]+$"]],
    [{ owner: 'Me' }, ["param 'owner': expected text, matching ^[a-z]+$, got 'Me'"]],
    [
      { owner: 'me', records: '5' },
      ["param 'records': expected a whole number, at least 1, at most 1000, got '5'"],
    ],
    [
      { owner: 'me', records: 1.5 },
      ["param 'records': expected a whole number, at least 1, at most 1000, got 1.5"],
    ],
    [{ owner: 'me', mode: 'ful' }, ["param 'mode': expected text, one of 'full', 'delta', got 'ful'"]],
    [
      { owner: 'me', day: '2025-02-30' },
      ["param 'day': expected text or null, a date such as 2025-01-31, got '2025-02-30'"],
    ],
    [{ owner: 'me', tables: ['a', 2] }, ["param 'tables': 1 must be string"]],
    [{ owner: 'me', tables: [] }, ["param 'tables': expected a list, at least 1 items, got []"]],
    [{ owner: 'me', record: 5 }, ["unknown param 'record' (did you mean 'records'?)"]],
    [{ owner: 'me', x: 5 }, ["unknown param 'x' (known: records, mode, day, tables, owner)"]],
  ])('%j', (given, errors) => {
    expect(errorsOf(given)).toEqual(errors);
  });

  it('reports all of them together, and a default that comes out wrong', () => {
    const result = resolveParams({ params }, { mode: 1, x: 1 }, { config: { generate: { records: 0 } } });
    expect(result).toEqual({
      ok: false,
      errors: [
        "unknown param 'x' (known: records, mode, day, tables, owner)",
        "param 'records': expected a whole number, at least 1, at most 1000, got 0",
        "param 'mode': expected text, one of 'full', 'delta', got 1",
        "param 'owner' is required: expected text, matching ^[a-z]+$",
      ],
    });
    expect(resolveParams({ params }, { owner: 'me' }, { config: {} })).toEqual({
      ok: false,
      errors: [
        expect.stringContaining(
          "param 'records': its default can't be evaluated: expression `config.generate.records`",
        ),
      ],
    });
  });
});

describe('numbers of params', () => {
  const errors = (schema: ParamSchema, value: number) =>
    resolveParams({ params: { n: schema } }, { n: value }, { config: {} }).ok;

  it.each([
    [0.1, 0.3],
    [0.01, 4.35],
    [0.01, 1234567890123.45],
    [0.1, -0.3],
    [0.1, 0],
    [1e-7, 3e-7],
    [3, 9007199254740990],
    [0.5, 1e300],
  ])('take multiples of %d: %d', (multipleOf, value) => {
    expect(errors({ type: 'number', multipleOf }, value)).toBe(true);
  });

  it.each([
    [0.1, 0.35],
    [0.01, 4.351],
    [0.01, 1234567890123.456],
    [0.1, 0.30000000000000004],
    [3, 9007199254740991],
    [1, 0.5],
  ])('refuse what is no multiple of %d: %d', (multipleOf, value) => {
    expect(errors({ type: 'number', multipleOf }, value)).toBe(false);
  });
});

it('refuses steps of 0 beside a default, without dividing by them', () => {
  const text =
    'dagId: a\nparams:\n  p: { default: 0, multipleOf: 0 }\ntasks:\n  - id: t\n    operator: noop\n';
  expect(parseDag(text, { file: 'a.yaml' })).toMatchObject({
    ok: false,
    errors: [{ path: 'params.p.multipleOf', message: 'expected more than 0, got 0' }],
  });
});
