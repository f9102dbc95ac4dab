import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { isTooDeep } from '../../../dag/json-limits.js';
import { parseDag } from '../../../dag/parse-dag.js';
import { formatSourceError, YamlSource } from '../../../dag/source.js';

const read = (text: string) => {
  const { value, errors } = new YamlSource(text, 'x.yaml');
  return { value, errors: errors.map(formatSourceError) };
};

const numbered = (length: number, make: (index: number) => string) =>
  Array.from({ length }, (_, index) => make(index)).join('\n');

const fixture = (name: string) => readFileSync(`tests/fixtures/hostile/${name}`, 'utf8');

describe('bounds of documents', () => {
  it('aliases count by what they come to, not by their number', () => {
    const legit = parseDag(fixture('legit-101-aliases.yaml'), { file: 'x.yaml' });
    expect(legit.ok && legit.dag.tasks.length).toBe(102);
    expect(legit.ok && legit.dag.tasks[101]?.with).toEqual({ command: 'x', env: { A: 'b' } });
    const many = read(`a: &a { x: 1, y: [1, 2] }\nl:\n${numbered(20_000, () => '- *a')}`);
    expect(many.errors).toEqual([]);
    expect((many.value as { l: unknown[] }).l).toHaveLength(20_000);
    expect(read(fixture('alias-bomb.yaml')).errors).toEqual([
      expect.stringMatching(/^x\.yaml:6:31: aliases make \d+ values of the \d+ that are written, at most/),
    ]);
  });

  it('an alias inside what it stands for is refused at its place', () => {
    expect(read(fixture('recursive-alias.yaml')).errors).toEqual([
      'x.yaml:2:26: alias *p is inside what it stands for, so it has no end',
    ]);
  });

  it.each([
    ['flow lists', `a: ${'['.repeat(10_000)}${']'.repeat(10_000)}`, '1:103'],
    ['flow maps', `a: ${'{a: '.repeat(10_000)}${'}'.repeat(10_000)}`, '1:400'],
    ['lists never closed', `a: ${'['.repeat(10_000)}`, '1:103'],
    ['block maps', numbered(1_000, (depth) => `${' '.repeat(depth)}a:`), '101:101'],
    ['block lists', `${'- '.repeat(10_000)}a`, '1:201'],
    ['explicit keys', '? '.repeat(10_000), '1:201'],
  ])('%s nested too deeply are refused at their place', (_, text, place) => {
    expect(read(text).errors).toEqual([
      `x.yaml:${place}: lists and maps are nested more than 100 levels deep`,
    ]);
  });

  it('a file that is too large is not read', () => {
    expect(read(`a: 1\n${'# comment\n'.repeat(1_000_000)}`).errors).toEqual([
      'x.yaml:1:1: the file has 9.5 MiB, at most 4.0 MiB are allowed',
    ]);
  });

  it('of very many mistakes in the syntax the first ones are reported', () => {
    expect(read('"'.repeat(20_000)).errors).toHaveLength(20);
  });

  it('values are those that YAML 1.2 gives', () => {
    const text = `
a: &a { 1: one, null: none, x: 0x10, y: yes, z: 1e3 }
b: [*a, ~, "t", 'u', 1.5]
c: |
  text
*k : 2
__proto__: { d: 1 }
`.replace('*k :', 'k:');
    const { value, errors } = read(text);
    expect(errors).toEqual([]);
    const a = { '1': 'one', '': 'none', x: 16, y: 'yes', z: 1000 };
    expect(value).toEqual({
      a,
      b: [a, null, 't', 'u', 1.5],
      c: 'text\n',
      k: 2,
      ['__proto__']: { d: 1 },
    });
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(read('').value).toBe(null);
    expect(read('a: 1\n---\nb: 2').errors).toEqual([
      'x.yaml:2:1: a second document begins here: a file has one',
    ]);
    expect(read('%YAML 1.1\n---\na: 1').errors).toEqual([
      'x.yaml:1:1: YAML 1.1 is not supported: expected 1.2',
    ]);
    expect(read('? [a]\n: 1').errors).toEqual(['x.yaml:1:3: a key must be text']);
    expect(read('a: *b').errors).toEqual(['x.yaml:1:4: alias *b has no anchor &b before it']);
  });

  it('depth is found without recursion', () => {
    let deep: unknown = 1;
    for (let depth = 0; depth < 100_000; depth++) deep = depth % 2 === 0 ? [deep] : { a: deep };
    expect(isTooDeep(deep)).toBe(true);
    const { params } = JSON.parse(fixture('deep-2000.json'));
    expect(isTooDeep(params)).toBe(true);
    let allowed: unknown = 1;
    for (let depth = 0; depth < 100; depth++) allowed = [allowed];
    expect(isTooDeep(allowed)).toBe(false);
    expect(isTooDeep([allowed])).toBe(true);
    expect(isTooDeep(undefined)).toBe(false);
  });
});
