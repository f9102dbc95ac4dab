/** What a text is executed as, and how values reach it without becoming a part of it. */
export type Code = {
  /** As in "becomes a part of …". */
  name: string;
  /** What to do instead of a template. */
  instead: string;
};

export const codes = {
  sql: {
    name: 'the SQL text',
    instead: 'bind it: put it into args and write :name in the query, without quotes',
  },
  shell: {
    name: 'the shell command',
    instead: 'put it into env and write "$NAME" in the command, or make the command a list',
  },
  python: { name: 'the Python code', instead: 'put it into args or input, for sys.argv or standard input' },
  program: { name: 'the name of what is executed', instead: 'write the name here' },
} as const satisfies Record<string, Code>;

export type CodeKind = keyof typeof codes;

/** Functions of expressions that make a value a part of code which is the value and nothing else. */
export const quotingNames = [
  'sqlText',
  'sqlName',
  'sqlPlain',
  'shellWord',
  'shellSingleQuoted',
  'shellDoubleQuoted',
  'shellPlain',
  'pythonText',
  'pythonNumber',
] as const;

export type QuotingName = (typeof quotingNames)[number];

/** Of those that take no text but the harmless: what that is, in words and as a pattern. */
export const harmless = {
  sqlPlain: {
    pattern: /^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$/,
    words: 'be only a name or a number, such as sales.orders',
  },
  shellPlain: {
    pattern: /^[A-Za-z0-9_./:,@%+=-]+$/,
    words: 'hold only letters, digits and _ . / : , @ % + = -',
  },
  pythonText: {
    pattern: /^[A-Za-z0-9_./:,@%+= -]*$/,
    words: 'hold only letters, digits, spaces and _ . / : , @ % + = -',
  },
  pythonNumber: { pattern: /^-?[0-9]+(\.[0-9]+)?$/, words: 'be only a number' },
} as const satisfies Partial<Record<QuotingName, { pattern: RegExp; words: string }>>;

/** The kind of code that a function is for. */
export const codeOf = (name: QuotingName) =>
  name.startsWith('sql') ? codes.sql : name.startsWith('shell') ? codes.shell : codes.python;
