import { ExpressionError, parseExpression } from '../expression.js';
import type { Reference } from '../references.js';
import { splitTemplate } from '../template.js';
import type { CodeKind, QuotingName } from './codes.js';
import { PythonReader } from './python.js';
import type { CodeReader } from './reader.js';
import { ShellReader } from './shell.js';
import { SqlReader } from './sql.js';

/** A template in code whose value could be any text. */
export interface CodeTemplate {
  references: readonly Reference[];
  /** What makes it a part of the code; `raw` where the value itself is the code. */
  by: QuotingName | 'raw';
}

export interface QuotedCode {
  /** The text with its values quoted. */
  text: string;
  templates: CodeTemplate[];
}

const readers: Partial<Record<CodeKind, (code: string) => CodeReader>> = {
  sql: () => new SqlReader(),
  shell: (code) => new ShellReader(code),
  python: () => new PythonReader(),
};

/**
 * Makes values in code plain data: each template whose value could be any text is quoted as its place needs it. A text that is one template
 * alone is code that the author wants from elsewhere.
 */
export function quoteTemplates(
  text: string,
  kind: CodeKind | 'unknown',
  isSafe: (reference: Reference) => boolean,
): QuotedCode {
  const parts = partsOf(text);
  const isWhole = parts.filter((part) => typeof part !== 'string' || part.trim() !== '').length === 1;
  const reader = kind === 'unknown' || isWhole ? undefined : readers[kind]?.(text);
  const templates: CodeTemplate[] = [];
  let whole = '';
  let before: QuotingName | undefined;
  for (const part of parts) {
    if (typeof part === 'string') {
      const literal = `${before === undefined ? '' : reader?.gap(part, 'behind')}${part}`;
      before = undefined;
      reader?.read(literal);
      whole += literal;
      continue;
    }
    const { textReferences, quoting } = parseExpression(part.source);
    const references = textReferences.filter((reference) => !isSafe(reference));
    const gap = references.length > 0 ? (reader?.gap(whole, 'before') ?? '') : '';
    const place = reader?.place();
    const isDone = quoting !== undefined && quoting === place;
    before = references.length > 0 ? place : undefined;
    if (references.length > 0 && !isDone) templates.push({ references, by: place ?? 'raw' });
    const isQuoted = references.length > 0 && place !== undefined && !isDone;
    whole += `${gap}\${{ ${isQuoted ? call(place, part.source) : part.source} }}`;
  }
  return { text: templates.some(({ by }) => by !== 'raw') ? whole : text, templates };
}

/** A comment in the expression goes to the end of its line. */
const call = (name: QuotingName, source: string): string =>
  `${name}(${source}${source.includes('//') ? '\n' : ''})`;

/** None of templates that can't be parsed, which are a problem of their own. */
function partsOf(text: string): ReturnType<typeof splitTemplate> {
  try {
    const parts = splitTemplate(text);
    for (const part of parts) if (typeof part !== 'string') parseExpression(part.source);
    return parts;
  } catch (error) {
    if (error instanceof ExpressionError) return [text];
    throw error;
  }
}
