import { describe, expect, it } from 'vitest';
import { Allowance } from '../../../dag/evaluation-budget.js';
import { createScope, ExpressionError, parseExpression } from '../../../dag/expression.js';
import { parseTemplate } from '../../../dag/template.js';
import { startRun } from './run-helpers.js';

const numbered = <T>(length: number, make: (index: number) => T): T[] =>
  Array.from({ length }, (_, index) => make(index));

const scope = createScope({
  params: {
    s: `${'a'.repeat(40)}!`,
    long: 'a'.repeat(1_000_000),
    half: `${'a'.repeat(500_000)}b`,
    numbers: numbered(100_000, (index) => index),
    words: numbered(1_000, () => 'a'.repeat(1_000)),
    map: Object.fromEntries(numbered(100_000, (index) => [`k${index}`, index])),
    zone: 'Europe/Zurich',
  },
  run: { logicalDate: '2025-03-01T02:30:00.000Z' },
});

const evaluate = (source: string) => parseExpression(source).evaluate(scope);

/** `let v0 = …, v1 = …: result`, each value made of the one before it. */
const chain = (length: number, first: string, next: (former: string) => string, result: string) =>
  `${numbered(length, (index) => `cel.bind(v${index}, ${index === 0 ? first : next(`v${index - 1}`)}, `).join('')}${result}${')'.repeat(length)}`;

describe('bounds of expressions', () => {
  it.each([
    // Loops in loops, also where a quantifier or `||` would take an error for an answer.
    'range(100000).exists(a, range(100000).exists(b, a + b == -1))',
    'range(100000).map(a, range(100000).map(b, b)).size() > 0',
    'range(100000).all(a, range(100000).all(b, range(100000).all(c, true)))',
    'range(100000).exists_one(a, range(100000).exists(b, a + b == -1)) || true',
    // Loops over what is dear itself.
    'params.numbers.filter(x, x in params.numbers).size()',
    'params.numbers.exists(x, params.map.exists(k, true) && false)',
    'params.numbers.exists(x, size(params.map) == 3)',
    'params.numbers.exists(x, params.map == params.numbers)',
    'params.numbers.exists(x, min(params.numbers) == -1)',
    'params.numbers.exists(x, size(params.long) == 0)',
    'params.numbers.exists(x, int("12345678901234567890123") == 3)',
    'params.numbers.map(x, timestamp(run.logicalDate).getHours(params.zone))',
    // Searches that take the product of both lengths.
    'params.long.contains(params.half)',
    'params.long.lastIndexOf(params.half)',
    'params.long.split(params.half).size() > 0',
    'params.long.matches("^([a-z]+)*$")',
    'params.numbers.exists(x, size(sqlText(params.words)) == 0)',
    'params.numbers.exists(x, size(shellWord(params.long)) == 0)',
    // A small value that holds others many times.
    chain(60, '[[1]]', (former) => `dyn([${former}, ${former}])`, 'dyn(v59) == dyn(v58)'),
    chain(60, '[1, 1]', (former) => `[${former}, ${former}]`, 'v59'),
  ])('%s costs too much', (source) => {
    expect(() => evaluate(source)).toThrow('it takes more than 500000 steps; let a task do such work');
  });

  it.each([
    [chain(60, '"aa"', (former) => `${former} + ${former}`, 'v59'), 'a text longer than 2097152 characters'],
    [chain(60, '[1]', (former) => `${former} + ${former}`, 'v59'), 'a list of more than 100000 items'],
    ['params.long.replace("a", params.half)', 'a text longer than 2097152 characters'],
    ['params.long.replace("", "bbbb")', 'a text longer than 2097152 characters'],
    ['params.words.join(params.long)', 'a text longer than 2097152 characters'],
    ['sqlText(params.half.replace("a", "$"))', 'a text longer than 2097152 characters'],
    ['params.long.split("")', 'a list of more than 100000 items'],
    ['range(200).map(x, params.long)', 'its result has more than 134217728 characters'],
    ['duration(params.long)', 'a duration has at most 100 characters'],
    ['range(100001)', 'longer than 100000'],
    [`${'!'.repeat(15_000)}true`, 'nested too deeply'],
    [`1${'+1'.repeat(9_000)}`, 'nested more than 500 levels deep'],
    [`${'('.repeat(5_000)}1${')'.repeat(5_000)}`, 'Exceeded maxDepth'],
    [`"${'a'.repeat(20_000)}"`, 'at most 20000 are allowed'],
  ])('%s is refused', (source, problem) => {
    expect(() => evaluate(source)).toThrow(problem);
  });

  it('a template is bounded as a whole, and is named when it makes too much', () => {
    const template = parseTemplate('${{ params.long }} ${{ params.long }} ${{ params.long }}');
    expect(() => template.render(scope)).toThrow(
      'expression `${{ params.long }} ${{ params.long }} ${{ params.long }}`: it makes a text longer than 2097152 characters',
    );
  });

  it.each([
    ['params.s.matches("^([a-z]+)*$")', false],
    ['params.s.matches("^(" + "a+" + ")*!$")', true],
    ['range(2000).filter(x, string(x).matches("^[0-9]{2}$")).size()', 90],
    ['params.numbers.map(x, x).size()', 100_000],
    ['sum(params.numbers)', 4_999_950_000],
    ['"caf\u00e9".matches("^caf\\\\u00e9$")', true],
    ['params.s.replace("a", "bb").size()', 81],
    ['"a/b".split("/")', ['a', 'b']],
    ['[1, 2].exists(x, x / 0 == 1 || x == 2)', true],
  ])('%s is within them', (source, value) => {
    expect(evaluate(source)).toEqual(value);
  });

  it('a pattern that no engine matches in linear time is refused where it stands', () => {
    const problem = (source: string) => {
      try {
        parseExpression(source);
      } catch (error) {
        return error as ExpressionError;
      }
      throw new Error('it was taken');
    };
    const { message, position } = problem('params.s.matches("(a)\\\\1")');
    expect(position).toBe(18);
    expect(message).toContain('at character 18: the pattern');
    expect(message).toContain('backreferences are not supported');
    expect(problem('params.s.matches("(?=a)b")').message).toContain('lookahead');
    expect(() => evaluate('params.s.matches("(?=" + "a)b")')).toThrow(ExpressionError);
  });

  it('the templates of one value share their steps', () => {
    const some = '${{ params.numbers.map(x, x).size() }}';
    expect(parseTemplate(some).render(scope)).toBe(100_000);
    expect(() => parseTemplate(numbered(9, () => some)).render(scope)).toThrow('more than 500000 steps');
  });
});

describe('a run whose expressions cost much at one time', () => {
  const tasks = [
    { id: 'first', operator: 'noop' },
    ...numbered(20, (index) => ({
      id: `t${index}`,
      dependsOn: ['first'],
      when: 'range(20000).all(x, x >= 0)',
    })),
  ];

  it('decides a part at a time, and comes to the same in the end', () => {
    let now = 0;
    const run = startRun(tasks, { allowance: new Allowance(() => now) });
    const started = run.next();
    expect(run.isPaused).toBe(true);
    expect(started.length).toBeLessThan(20);
    run.resume();
    expect(run.next()).toEqual([]);
    while (run.isPaused) {
      now++;
      run.resume();
      started.push(...run.next());
    }
    expect(started).toEqual(startRun(tasks).next());
    expect(started).toHaveLength(20);
  });
});
