import { execFileSync, spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createScope, ExpressionError } from '../../../dag/expression.js';
import type { Json } from '../../../dag/json.js';
import type { CodeKind } from '../../../dag/quoting/codes.js';
import { quoteTemplates } from '../../../dag/quoting/quote-templates.js';
import { parseTemplate } from '../../../dag/template.js';
import { sparkTokens, valueOfLiteral } from '../../support/spark-lexer.js';
import { tempFolder } from '../../support/temp-folder.js';

/** Code with its values quoted; each `@` stands for the value. */
function quoted(kind: CodeKind, code: string): (x: Json) => string {
  const { text } = quoteTemplates(
    code.replaceAll('@', () => '${{ params.x }}'),
    kind,
    () => false,
  );
  const template = parseTemplate(text);
  return (x) => String(template.render(createScope({ params: { x } })));
}

/** What the code becomes, or undefined where the value is refused. */
function attempt(render: (x: Json) => string, x: Json): string | undefined {
  try {
    return render(x);
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}

const refusal = (kind: CodeKind, code: string, x: Json): string => {
  try {
    return quoted(kind, code)(x);
  } catch (error) {
    return (error as Error).message;
  }
};

const hostile = (...more: string[]) =>
  fc.string({
    unit: fc.oneof(
      fc.constantFrom("'", '"', '\\', '`', '$', '{', '}', '(', ')', '\n', '\r', ' ', '-', '/', '*', ';', '#'),
      fc.constantFrom('a', 'r', 'n', 'u0041', '0', '%', '_', 'é', '😀', ...more),
    ),
    maxLength: 12,
  });

const codeOf = (...pieces: string[]) =>
  fc
    .array(fc.constantFrom(...pieces, '@', '@'), { maxLength: 9 })
    .map((parts) => `x${parts.join('')}@`)
    .filter((code) => code.includes('@'));

describe('a value in SQL', () => {
  it.each(["SELECT '@' AS a", 'SELECT "@" AS a'])('is that text between quotes: %s', (code) => {
    const render = quoted('sql', code);
    fc.assert(
      fc.property(hostile('${env:HOME}'), (x) => {
        const sql = render(x);
        const tokens = sparkTokens(sql);
        expect(tokens.map(([kind]) => kind)).toEqual(['word', 'string', 'word', 'word']);
        expect(valueOfLiteral(tokens[1]?.[1] ?? '')).toBe(x);
        // Spark would put a variable in its place.
        expect(sql).not.toContain('${');
      }),
    );
  });

  it('is one name between backquotes', () => {
    const render = quoted('sql', 'SELECT * FROM parquet.`@`');
    expect(render('/data/a b`; DROP')).toBe('SELECT * FROM parquet.`/data/a b``; DROP`');
    fc.assert(
      fc.property(hostile(), (x) => {
        const sql = attempt(render, x);
        if (sql === undefined) return;
        const name = sparkTokens(sql).at(-1);
        expect(name?.[0]).toBe('name');
        expect(name?.[1].slice(1, -1).replaceAll('``', '`')).toBe(x);
      }),
    );
  });

  it('never makes other tokens of the code around it', () => {
    const code = codeOf(
      "'",
      '"',
      '`',
      'r',
      "r'",
      '\\',
      '--',
      '/*',
      '*/',
      '/*+',
      '\n',
      '$',
      '$$',
      '://',
      ' ',
      'a',
      '-',
    );
    fc.assert(
      fc.property(code, hostile('--', '/*'), (code, x) => {
        const render = quoted('sql', code);
        const sql = attempt(render, x);
        // A value such as `a.b` is several words, and no more than that.
        if (sql === undefined || /^[\w.]+\.[\w.]+$/.test(x)) return;
        const kinds = (text: string): string[] => sparkTokens(text).map(([kind]) => kind);
        const harmless = render('x');
        // Spark refuses what isn't closed.
        if (sparkTokens(harmless).some(([kind, text]) => kind === 'symbol' && /['"`]/.test(text))) return;
        expect(kinds(sql), sql).toEqual(kinds(harmless));
      }),
      { numRuns: 3_000 },
    );
  });

  it.each<[string, Json, string]>([
    ['SELECT * FROM @', 'sales.orders', 'SELECT * FROM sales.orders'],
    ['SELECT * FROM t LIMIT @', 5, 'SELECT * FROM t LIMIT 5'],
    ['SELECT 1 -@', -2, 'SELECT 1 - -2'],
    ["SELECT @'a\\'@'", 'r', "SELECT r 'a\\'r'"],
    ["SELECT @'2025-01-31'", 'DATE', "SELECT DATE '2025-01-31'"],
    ['SELECT @', null, 'SELECT null'],
    ["SELECT '@'", [1, "it's"], `SELECT '[1,\\"it\\'s\\"]'`],
    ["SELECT 'a\\@'", 'n', "SELECT 'a\\n'"],
    ["SELECT r'@'", 'n', "SELECT r'n'"],
  ])('%s is given %j', (code, x, sql) => {
    expect(quoted('sql', code)(x)).toBe(sql);
  });

  it.each([
    ['SELECT * FROM t WHERE a = @', "'' OR true"],
    ['SELECT * FROM t@', ''],
    ["SELECT r'@'", "a'"],
    ["SELECT 'a\\@'", "' OR true"],
    ['SELECT 1 -- @', '\n'],
    ['SELECT 1 /* @ */', '*/'],
    ['SELECT $$@$$', '$$'],
    ["SELECT @'a'", 'a b'],
    ["SELECT a.@r'a'", 'a.'],
  ])('is refused where nothing quotes it: %s with %j', (code, x) => {
    expect(refusal('sql', code, x)).toBe(
      'expression `params.x`: where it stands in the SQL text it may be only a name or a number, such as sales.orders (bind it: put it into args and write :name in the query, without quotes)',
    );
  });

  it('is the code itself where it is all of it', () => {
    expect(quoted('sql', ' @ ')('SELECT 1')).toBe('SELECT 1');
  });
});

describe('a value in a shell command', () => {
  const places = [
    '@',
    '"@"',
    "'@'",
    'a@b',
    '"a @ b"',
    "'a @ b'",
    '"$(printf %s @.)"',
    '"$(printf %s "@".)"',
    '"${NONE:-x}@"',
    '$(true)"@"',
    '"\\$@"',
    '"\'@\'"',
  ];
  const around = ['', '', '', 'a|b', 'a | b', 'a | b', '|.', '|.', 'x|', '|', '$|', "'|'"];

  it.each(['sh', 'bash'])('is that text, whatever quotes it stands in: %s', (program) => {
    const render = quoted('shell', `printf '%s\\0' ${places.join(' ')}`);
    fc.assert(
      fc.property(
        hostile('$(echo a)', '`echo a`', '\t', '!', '&', '|', '<', '>', '~', '?', '[', ']'),
        (x) => {
          const output = execFileSync(program, ['-c', render(x)], { encoding: 'utf8' });
          const expected = around.map((each) => {
            const [before = '', after = ''] = each.split('|');
            return `${before}${x}${after}`;
          });
          expect(output.split('\0').slice(0, -1)).toEqual(expected);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('is never executed, whatever the command around it', () => {
    const folder = tempFolder();
    const code = codeOf(
      ...[
        "'",
        '"',
        '`',
        '\\',
        '$',
        '$(',
        '(',
        ')',
        '((',
        '))',
        '$((',
        '${A',
        '${A:-',
        '}',
        '#',
        ' #',
        '<<E\n',
        '\nE\n',
      ],
      ...[
        ' ',
        '\n',
        ';',
        'echo ',
        'echo ',
        "$'",
        '$"',
        '<<<',
        '=',
        '[[ ',
        ' ]]',
        'case a in a) ',
        '& ',
        '| ',
        'a',
        '{',
        '[',
        '$[',
      ],
    );
    const payloads = [
      '$(M)',
      '`M`',
      ';M;',
      '\nM\n',
      "';M;'",
      '";M;"',
      "'$(M)'",
      '"$(M)"',
      ')M',
      '}M',
      '\\',
      '#',
      '(',
      '(M)',
      '\nE\nM\n',
    ];
    const value = fc
      .array(fc.constantFrom(...payloads), { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join('').replaceAll('M', 'echo mar-ked|tr - _ >&2 '));
    fc.assert(
      fc.property(code, value, fc.constantFrom('sh', 'bash'), (code, x, program) => {
        const command = attempt(quoted('shell', code), x);
        if (command === undefined) return;
        const { stderr, stdout } = spawnSync(program, ['-c', command], {
          encoding: 'utf8',
          timeout: 5_000,
          input: '',
          cwd: folder,
        });
        expect(`${stdout}${stderr}`, command).not.toContain('mar_ked');
      }),
      { numRuns: 400 },
    );
  });

  it.each<[string, Json, string]>([
    ['echo @', 'a b', "echo 'a b'"],
    ['echo @', '', "echo ''"],
    ['seq @', 5, 'seq 5'],
    ['echo $(( @ + 1 ))', '5', 'echo $(( 5 + 1 ))'],
    ["bash -c 'echo @'", 'a.csv', "bash -c 'echo a.csv'"],
    ['bash files/load.sh @', 'a b', "bash files/load.sh 'a b'"],
    ['python3 files/load.py --name @', 'a b', "python3 files/load.py --name 'a b'"],
    ['wc -c @ # how long', 'a b', "wc -c 'a b' # how long"],
  ])('%s is given %j', (code, x, command) => {
    expect(quoted('shell', code)(x)).toBe(command);
  });

  it.each([
    "bash -c 'echo @'",
    "/bin/sh -xc 'echo @'",
    "echo '@' | sh",
    'bash <<< "@"',
    'eval echo @',
    "ssh host echo '@'",
    'python3 -c \'print("@")\'',
    'awk \'{ print "@" }\'',
    'echo `echo @`',
    'cat <<END\n@\nEND',
    'echo a # @',
    'echo $@',
    'echo "$@"',
    'echo ${A:-@}',
    'echo $(( @ ))',
    'echo \\@',
    "echo $'@'",
    '[[ a =~ @ ]]',
    '[ "$(case a in a) echo @;; esac)" ]',
  ])('is refused where what reads it is not sure: %s', (code) => {
    expect(refusal('shell', code, 'a b')).toBe(
      'expression `params.x`: where it stands in the shell command it may hold only letters, digits and _ . / : , @ % + = - (put it into env and write "$NAME" in the command, or make the command a list)',
    );
  });
});

describe('a value in Python code', () => {
  it.each<[string, Json, string]>([
    ["open('@')", '/data/a b.csv', "open('/data/a b.csv')"],
    ['x = @', 5, 'x = 5'],
    ['x = @', '5.5', 'x = 5.5'],
    ['x = """a "@" """', 'b', 'x = """a "b" """'],
  ])('%s is given %j', (code, x, result) => {
    expect(quoted('python', code)(x)).toBe(result);
  });

  it.each([
    ["print('@')", "'", 'hold only letters, digits, spaces and _ . / : , @ % + = -'],
    ["print('@')", '\\', 'hold only letters, digits, spaces and _ . / : , @ % + = -'],
    ['print(@)', 'os.environ', 'be only a number'],
    ["print(f'{@}')", 'x', 'be only a number'],
    ['print(f"{a["@"]}")', 'x', 'be only a number'],
    ["# it's\nprint(@)", 'x', 'be only a number'],
    ["print('\\@')", 'x', 'be only a number'],
    ["print(@'a')", 'f', 'be only a number'],
  ])('is refused where it may be more than a value: %s with %j', (code, x, words) => {
    expect(refusal('python', code, x)).toBe(
      `expression \`params.x\`: where it stands in the Python code it may ${words} (put it into args or input, for sys.argv or standard input)`,
    );
  });
});

describe('a template in code', () => {
  const rewritten = (code: string): string => quoteTemplates(code, 'sql', () => false).text;

  it('that is quoted already stays as it is', () => {
    const once = rewritten("SELECT '${{ params.x }}', ${{ params.y }}");
    expect(once).toBe("SELECT '${{ sqlText(params.x) }}', ${{ sqlPlain(params.y) }}");
    expect(rewritten(once)).toBe(once);
    // As it is for another place.
    expect(rewritten('SELECT ${{ sqlText(params.x) }}')).toBe('SELECT ${{ sqlPlain(sqlText(params.x)) }}');
  });

  it.each([
    'SELECT ${{ params.x == "a" ? "b" : "c" + "d" }}',
    'SELECT ${{ size(params.x) }}, ${{ params.x.contains("a") && true }}',
    'SELECT ${{ int(params.x) }}',
  ])('stays as it is where no text comes from a value: %s', (code) => {
    expect(rewritten(code)).toBe(code);
  });

  it('may end with a comment', () => {
    const { text } = quoteTemplates("SELECT '${{ params.x // why }}'", 'sql', () => false);
    expect(parseTemplate(text).render(createScope({ params: { x: "it's" } }))).toBe("SELECT 'it\\'s'");
  });

  it('is named in errors as it was written', () => {
    const { text } = quoteTemplates("SELECT '${{ params.x.y }}'", 'sql', () => false);
    expect(() => parseTemplate(text).render(createScope({ params: { x: {} } }))).toThrow(
      /^expression `params.x.y` at character \d+: No such key: y/,
    );
  });
});
