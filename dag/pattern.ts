import { RE2JS, RE2JSException } from 're2js';

/** Longest regular expression, in characters. */
const maxLength = 1_000;

/** Most instructions that a regular expression may come to: `(a{100}){10}` is a short text and a long programme. */
const maxSize = 10_000;

/** A regular expression whose effort grows with the length of the text alone, whatever the two are. */
export interface Pattern {
  /** Steps that a test takes at most for a character of the text. */
  readonly size: number;
  /** Whether it is found anywhere in the text. */
  test(text: string): boolean;
}

/**
 * Compiles a regular expression from a document or from data. The syntax is RE2's: that of JavaScript without
 * backreferences, lookahead and lookbehind, which no engine matches in linear time.
 * @throws Error that says in words what isn't supported
 */
export function compilePattern(source: string): Pattern {
  if (source.length > maxLength) {
    throw new Error(`the pattern has ${source.length} characters, at most ${maxLength} are allowed`);
  }
  const compiled = compile(source);
  const size = compiled.programSize();
  if (size > maxSize) {
    throw new Error(`the pattern '${source}' comes to ${size} instructions, at most ${maxSize} are allowed`);
  }
  return { size, test: (text) => compiled.matcher(text).find() };
}

function compile(source: string): RE2JS {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(source));
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    const why = error.message.replace('error parsing regexp: ', '');
    const isAdvanced = /\(\?(<?[=!])/.test(source) || /\\[1-9]/.test(source);
    const hint = isAdvanced ? '; lookahead, lookbehind and backreferences are not supported' : '';
    throw new Error(`the pattern '${source}' is no regular expression that can be used: ${why}${hint}`);
  }
}
