import { describe, expect, it } from 'vitest';
import { DefinitionSource, defineDag } from '../../../dag/builder/definition.js';
import { formatSourceError, parseExactYaml, YamlSource } from '../../../dag/source.js';

describe('numbers in YAML', () => {
  it.each([
    ['9007199254740991', 9007199254740991],
    ['+12', 12],
    ['-.5', -0.5],
    ['1.', 1],
    ['0x1F', 31],
    ['0o17', 15],
    ['1e21', 1e21],
    ['"9007199254740993"', '9007199254740993'],
    ['1_000', '1_000'],
  ])('take %s', (text, value) => {
    expect(parseExactYaml(text)).toBe(value);
  });

  it.each(['9007199254740993', '+9007199254740993', '0x20000000000001', '1e400', '0.1234567890123456789'])(
    'refuse %s',
    (text) => {
      expect(() => parseExactYaml(text)).toThrow(`the number ${text} would become `);
      expect(() => parseExactYaml(`{ a: [${text}] }`)).toThrow(`(write it as text: "${text}")`);
    },
  );

  it.each(['.nan', '-.inf', '+.Inf'])('refuse %s', (text) => {
    expect(() => parseExactYaml(text)).toThrow(`${text} is no number in JSON (write it as text: "${text}")`);
  });

  it('are refused in files with their place, keys and anchors too', () => {
    const source = new YamlSource(
      'a: &x 9007199254740993\nb: [*x, { 12345678901234567891: 1 }]\nc: .nan\n',
      'dag.yaml',
    );
    expect(source.errors.map(formatSourceError)).toEqual([
      'dag.yaml:1:7: the number 9007199254740993 would become 9007199254740992: numbers have about 16 digits (write it as text: "9007199254740993")',
      'dag.yaml:2:11: the number 12345678901234567891 would become 12345678901234567000: numbers have about 16 digits (write it as text: "12345678901234567891")',
      'dag.yaml:3:4: .nan is no number in JSON (write it as text: ".nan")',
    ]);
    expect(source.value).toBeUndefined();
  });
});

it('are refused in TypeScript where nobody can tell how they were written', () => {
  const document = {
    tasks: [{ with: { big: Number('9007199254740993'), fine: [1e300 / 1e295, 0.1, 2 ** 53 - 1] } }],
  };
  const source = new DefinitionSource(defineDag(document, new Map()), () => ({
    file: 'x.ts',
    line: 1,
    column: 1,
  }));
  expect(source.errors.map(formatSourceError)).toEqual([
    'x.ts:1:1: tasks[0].with.big: the number 9007199254740992 may have been rounded: JavaScript has read it already (write it as text)',
  ]);
});
