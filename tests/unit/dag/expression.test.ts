import { describe, expect, it } from 'vitest';
import { createScope, ExpressionError, parseExpression } from '../../../dag/expression.js';
import { parseTemplate } from '../../../dag/template.js';

const scope = createScope({
  params: { n: 5, half: 0.5, two: 2.0, name: 'night', list: [1, 2.5, 'x'], empty: [] },
  config: { generate: { records: 1_000_000 }, 'a.b': 1 },
  run: { logicalDate: '2025-03-01T02:30:00.000Z' },
  item: { file: 'a.csv' },
  index: 3,
});

const evaluate = (source: string) => parseExpression(source).evaluate(scope);

function problemOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof ExpressionError) return error.message;
    throw error;
  }
  throw new Error('expected an ExpressionError');
}

describe('expressions', () => {
  it.each([
    ['params.n + 1', 6],
    ['params.n / 2', 2],
    ['params.n % 2 == 1', true],
    ['params.n * params.half', 2.5],
    ['2.5 + params.n - 1', 6.5],
    ['params.half < params.n', true],
    ['1 / 4.0', 0.25],
    ['params.two + 1', 3],
    ['double(params.n)', 5],
    ['string(params.n) + params.name', '5night'],
    ['config.generate.records / params.n', 200_000],
    ['config["a.b"]', 1],
    ['index + 1', 4],
    ['item', { file: 'a.csv' }],
    ['params.list', [1, 2.5, 'x']],
    ['params.list[1]', 2.5],
    ['{"a": [params.n, null], "b": {"c": true}}', { a: [5, null], b: { c: true } }],
    ['params.n > 3 ? "many" : "few"', 'many'],
    ['has(params.missing)', false],
    ['params.?missing.orValue(7)', 7],
    ['[1, 2, 3].filter(x, x > 1).map(x, x * 2)', [4, 6]],
    ['range(3)', [0, 1, 2]],
    ['range(2, params.n)', [2, 3, 4]],
    ['range(0)', []],
    ['sum([1, 2, 3])', 6],
    ['sum([1, 0.5])', 1.5],
    ['sum([])', 0],
    ['min([3, 1.5, 2])', 1.5],
    ['max(range(4))', 3],
    ['ds(run.logicalDate)', '2025-03-01'],
    ['ds(timestamp(run.logicalDate) - duration("24h"))', '2025-02-28'],
    ['dsNodash(run.logicalDate)', '20250301'],
    ['timestamp(run.logicalDate).getHours("Europe/Zurich")', 3],
    ['timestamp(run.logicalDate)', '2025-03-01T02:30:00.000Z'],
    ['duration("90m")', '5400s'],
    ['"a-b-c".split("-")', ['a', 'b', 'c']],
    ['"a.b".replace(".", "$&")', 'a$&b'],
    ['uint(3)', 3],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['string(9007199254740993)', '9007199254740993'],
  ])('%s', (source, value) => {
    expect(evaluate(source)).toEqual(value);
  });

  it.each([
    [
      'params.missing',
      'expression `params.missing` at character 8: No such key: missing (test with has(…) whether a key is there)',
    ],
    [
      'params.name + 1',
      'at character 1: no such overload: dyn<string> + int (convert to text with string(…))',
    ],
    ['9007199254740993', 'the integer 9007199254740993 is too large for JSON: convert it with string(…)'],
    ['b"x"', "the result is a Uint8Array, which JSON can't hold"],
    ['1.0 / 0.0', "the result is Infinity, which JSON can't hold"],
    ['range(1000000)', 'range of 1000000 items is longer than 100000'],
    ['max([])', 'max needs a list of numbers that is not empty'],
    ['sum(["a"])', 'sum needs a list of numbers'],
    ['ds("yesterday")', 'ds needs a real date or time'],
    ['constructor', 'Unknown variable: constructor'],
    ['params.__proto__', 'expression `params.__proto__`'],
    ['params.name.constructor', 'No such key: constructor'],
  ])('%s is an error', (source, message) => {
    expect(problemOf(() => evaluate(source))).toContain(message);
  });

  it('know what they read', () => {
    const { references } = parseExpression(
      'tasks["a-b"].output.rows + params.list[params.n] > 0 && [1].all(item, item == index) && has(run.id) && config.?x.hasValue()',
    );
    expect(references).toEqual([
      ['tasks', 'a-b', 'output', 'rows'],
      ['params', 'list'],
      ['params', 'n'],
      ['index'],
      ['run'],
      ['config'],
    ]);
  });
});

describe('templates', () => {
  const render = (value: Parameters<typeof parseTemplate>[0]) => parseTemplate(value).render(scope);

  it.each([
    ['plain text, even $ and { }', 'plain text, even $ and { }'],
    ['${{ params.n }}', 5],
    ['  ${{ params.list }}\n', [1, 2.5, 'x']],
    ['n=${{ params.n }}', 'n=5'],
    ['${{ params.n }}${{ params.half }}', '50.5'],
    ['${{ params.name }}: ${{ params.list }} ${{ null }} ${{ true }}', 'night: [1,2.5,"x"] null true'],
    ['${{ {"a": {"b": params.n}} }}', { a: { b: 5 } }],
    ['${{ "}}" + \'}}\' }}', '}}}}'],
    ['${{ "say \\"}}\\"" }}', 'say "}}"'],
    ['${{ """a " }}""" }}!', 'a " }}!'],
    ['${{ "${{" }} literal', '${{ literal'],
  ])('%j', (text, value) => {
    expect(render(text)).toEqual(value);
  });

  it('are filled in anywhere in lists and maps', () => {
    expect(render({ a: ['${{ index }}', { b: '${{ item.file }}!' }], c: 1, d: null })).toEqual({
      a: [3, { b: 'a.csv!' }],
      c: 1,
      d: null,
    });
  });

  it.each([
    ['a ${{ params.n', "the template isn't closed by }}"],
    ['${{ "a }}', "the template isn't closed by }}"],
    ['${{ params.n } }', "the template isn't closed by }}"],
    ['${{ }}', 'the template is empty'],
    ['${{ 1 + }}', 'expression `1 +` at character 4'],
  ])('%j is an error', (text, message) => {
    expect(problemOf(() => parseTemplate(text))).toContain(message);
  });
});

describe('numbers in expressions', () => {
  const typed = createScope(
    {
      params: { rate: 5, count: 5, either: 5, list: [4], map: { rate: 4, n: 4 }, big: 1e17, rest: { a: 5 } },
    },
    {
      rate: { type: ['number', 'null'] },
      count: { type: 'integer' },
      either: { type: ['integer', 'number'] },
      list: { type: 'array', items: { type: 'number' } },
      map: { type: 'object', properties: { rate: { type: 'number' } } },
      rest: { type: 'object', additionalProperties: { type: 'number' } },
    },
  );

  it.each([
    ['params.rate / 2', 2.5],
    ['params.count / 2', 2],
    ['params.either / 2', 2],
    ['params.list[0] / 8', 0.5],
    ['params.map.rate / 8', 0.5],
    ['params.map.n / 8', 0],
    ['params.rest.a / 2', 2.5],
    ['params.rate == 5 && params.rate == 5.0 && params.rate <= 5 && params.rate in [5, 6]', true],
    ['[1, 2, 3, 4, 5, 6][params.rate]', 6],
    ['range(params.rate)', [0, 1, 2, 3, 4]],
    ['params.rate % 2', 1],
    ['string(params.rate)', '5'],
    ['params.big', 1e17],
    ['params.big - params.big + 1', 1],
    ['9007199254740992', 9007199254740992],
  ])('%s', (source, value) => {
    expect(parseExpression(source).evaluate(typed)).toEqual(value);
  });

  it.each([
    ['params.big + 1', 'the integer 100000000000000001 is too large for JSON'],
    ['params.count * 1801439850948199', 'the integer 9007199254740995 is too large for JSON'],
    ['9007199254740993 * 1.0', 'the integer 9007199254740993 would become 9007199254740992 as a double'],
    [
      'sum([9007199254740993, 0.5])',
      'the integer 9007199254740993 would become 9007199254740992 as a double',
    ],
    ['9007199254740993.0', 'the number 9007199254740993.0 would become 9007199254740992'],
    ['[0.12345678901234567]', 'the number 0.12345678901234567 would become 0.12345678901234566'],
    ['range(params.rate / 2)', 'range needs whole numbers, got 2.5'],
    ['1e400', 'Invalid number: Infinity'],
  ])('never round: %s', (source, problem) => {
    expect(problemOf(() => parseExpression(source).evaluate(typed))).toContain(problem);
  });
});
