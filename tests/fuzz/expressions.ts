import fc from 'fast-check';
import { createScope, ExpressionError, parseExpression } from '../../dag/expression.js';
import { parseTemplate } from '../../dag/template.js';
import { refusesInWords, target } from './target.js';

const scope = createScope({
  params: { n: 3, x: 2.5, s: 'some text', list: [1, 2, 3], map: { a: 1, 'b-c': null }, none: null },
  run: { id: 'r', logicalDate: '2026-03-29T01:30:00Z' },
  item: { x: 'a' },
  index: 0,
});

const atom = fc.oneof(
  fc.constantFrom(
    ...[
      'params.n',
      'params.x',
      'params.s',
      'params.list',
      'params.map',
      'params.none',
      'params.nothing',
      'item',
    ],
    ...[
      'run.logicalDate',
      'index',
      'tasks',
      'config',
      'null',
      'true',
      '[]',
      '{}',
      '""',
      "'é😀'",
      '9007199254740993',
    ],
    ...['-9223372036854775808', '9223372036854775807', '1e308', '0.1', '18446744073709551615u', 'b"\\xff"'],
    ...['timestamp("2026-02-31T00:00:00Z")', 'duration("1h")', 'timestamp("2026-03-29T01:30:00+05:30")'],
  ),
  fc.integer().map(String),
  fc.double().map((value) => (Number.isFinite(value) ? String(value) : '0.0')),
  fc.string({ maxLength: 10 }).map((text) => JSON.stringify(text)),
);

/** Expressions of any depth, most of which have a meaning. */
const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const inner = tie('expression');
  const call = (name: string) => inner.map((of) => `${name}(${of})`);
  const method = (text: string) => inner.map((of) => `(${of}).${text}`);
  return {
    expression: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      atom,
      fc
        .tuple(
          inner,
          fc.constantFrom('+', '-', '*', '/', '%', '==', '!=', '<', '>=', '&&', '||', 'in'),
          inner,
        )
        .map(([a, operator, b]) => `(${a} ${operator} ${b})`),
      fc.tuple(inner, inner, inner).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
      fc.array(inner, { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
      fc.tuple(inner, inner).map(([key, value]) => `{${key}: ${value}}`),
      fc.tuple(inner, inner).map(([of, at]) => `(${of})[${at}]`),
      fc
        .constantFrom(
          'size',
          'string',
          'int',
          'double',
          'bool',
          'type',
          'timestamp',
          'ds',
          'sum',
          'range',
          'has',
          'sqlText',
          'sqlName',
          'shellWord',
          'shellPlain',
          'pythonNumber',
        )
        .chain(call),
      fc
        .constantFrom(
          'size()',
          'a',
          'getHours("+05:30")',
          'getDate("Europe/Zurich")',
          'matches("(a+)+$")',
          'split("")',
        )
        .chain(method),
      fc
        .tuple(inner, fc.constantFrom('all', 'exists', 'exists_one', 'map', 'filter'), inner)
        .map(([list, macro, body]) => `(${list}).${macro}(v, ${body})`),
      fc.tuple(inner, inner).map(([text, by]) => `(${text}).replace("", ${by})`),
    ),
  };
});

const isRefusal = (error: Error): boolean => error instanceof ExpressionError;

export const expressionTarget = target({
  name: 'expressions',
  arbitrary: fc.oneof(
    { weight: 9, arbitrary: expression },
    { weight: 1, arbitrary: fc.string({ maxLength: 40 }) },
  ),
  check: (source) =>
    refusesInWords(() => {
      const value = parseExpression(source).evaluate(scope);
      // What an expression gives travels as JSON, and comes out as what it was.
      const json = JSON.stringify(value);
      if (json === undefined || JSON.stringify(JSON.parse(json)) !== json)
        throw new Error(`gives what is no JSON: ${String(value)}`);
    }, isRefusal),
});

export const templateTarget = target({
  name: 'templates',
  arbitrary: fc.array(
    fc.oneof(
      fc.string({ maxLength: 8 }),
      expression.map((text) => `\${{ ${text} }}`),
    ),
    {
      maxLength: 4,
    },
  ),
  check: (parts) => refusesInWords(() => parseTemplate(parts.join('')).render(scope), isRefusal),
});
